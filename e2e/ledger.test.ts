import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { command } from '../packages/server/src/store/postgres/database/store.fixture.ts';
import { runCommand } from './command-in-process.ts';
import { runToEnd, settingsOfStore, startServer, temporaryDirectory } from './server-process.ts';

/** Runs a statement as somebody would who changes the records by hand. */
async function byHand(directory: string, sql: string): Promise<void> {
  const { PLANTAIN_DATABASE_URL: url } = await settingsOfStore(directory);
  if (url !== undefined) return void (await command(url, sql));
  const database = new DatabaseSync(join(directory, 'plantain.db'));
  database.exec(sql);
  database.close();
}

describe('plantain-server ledger', () => {
  test('adjusts, lists and verifies beside a running server, and says what differs', async () => {
    const directory = temporaryDirectory();
    const settings = { PLANTAIN_DATA_DIR: directory };
    const ledger = (...args: string[]) => runCommand(['ledger', ...args], settings);
    await startServer(directory);
    await runCommand(['keys', 'create', '--name', 'a program'], settings);
    const { stdout: keys } = await runCommand(['keys', 'list'], settings);
    const id = /(key_\S+) {2}user/.exec(keys)?.[1] ?? '';

    const why = ['--reason', 'paid by hand'];
    const adjusted = await ledger('adjust', '--key', id, '--micro-usd=-500', ...why);
    expect(adjusted.stdout).toMatch(
      new RegExp(
        `^1 {2}\\S+Z {2}adjust {2}- {2}owner ${id} {2}reserved 0 {2}spent -500 {2}pictures 0 {2}"paid by hand"\\n$`,
      ),
    );
    await ledger('adjust', '--key', id, '--micro-usd', '20', ...why);
    expect((await ledger('list', '--key', id, '--after', '1')).stdout).toContain('spent +20');
    expect((await runCommand(['audit', '--act', 'ledger.adjust'], settings)).stdout).toContain(
      '"micro_usd":-500',
    );
    expect(await ledger('adjust', '--owner', 'own_x', '--micro-usd=1', ...why)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no owner or key "own_x"'),
    });

    expect(await runToEnd(['ledger', 'verify'], settings)).toMatchObject({ code: 0, stdout: '' });
    await byHand(
      directory,
      `DELETE FROM balances; INSERT INTO balances VALUES ('${id}', 0, 8640000000000000, 0, -500, 0)`,
    );
    expect(await ledger('verify')).toMatchObject({
      code: 1,
      stdout: `Balance of ${id} from 1970-01-01T00:00:00.000Z to +275760-09-13T00:00:00.000Z: stored {"reserved":0,"spent":-500,"pictures":0}, entries {"reserved":0,"spent":-480,"pictures":0}\n`,
      stderr: expect.stringMatching(/^Adding up all entries in .+\n1 fault in /),
    });
    await byHand(
      directory,
      `DELETE FROM balances;
       INSERT INTO ledger (task_id, kind, attempt, key_id, owner_id, at, reserved_at, reserved_delta, spent_delta, pictures_delta)
       VALUES ('lost', 'reserve', 0, '${id}', '${id}', 1, 1, 5, 0, 1)`,
    );
    expect(await ledger('verify')).toMatchObject({
      code: 1,
      stdout: 'Task lost: gone, entries {"reserved":5,"spent":0}\nTask lost: its entries are reserve\n',
    });
  });

  test('refuses an adjustment without a reason or an amount', async () => {
    const settings = { PLANTAIN_DATA_DIR: temporaryDirectory() };
    const adjust = (...args: string[]) =>
      runCommand(['ledger', 'adjust', '--key', 'key_a', ...args], settings);
    expect(await adjust('--micro-usd=1')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--reason'),
    });
    expect(await adjust('--micro-usd=1.5', '--reason', 'r')).toMatchObject({ code: 2 });
  });
});
