import { expect, onTestFinished, test } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import { createTestTime } from '../../lib/timers.fixture.ts';
import { openDatabase } from './database/database.ts';
import { databaseOfTest, postgresUrl } from './database/store.fixture.ts';
import { createKnownLinkSecrets, rotateLinkSecrets } from './link-secrets.ts';

test.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))(
  'a rotated secret is believed by every process before one signs with it',
  async () => {
    const database = openDatabase({ url: await databaseOfTest() });
    const time = createTestTime();
    const processes = [1, 2].map(() => createKnownLinkSecrets(database, time.startTimer));
    onTestFinished(async () => {
      for (const each of processes) each.close();
      time.end();
      await database.close();
    });
    expect(processes.map((each) => each.current())).toEqual([null, null]);
    await Promise.all(processes.map((each) => each.load()));
    const first = processes[0]?.current()?.secret;
    expect(first).toBeDefined();
    for (const each of processes) expect(each.current()).toEqual({ secret: first, previous: null });

    const [before] = processes.map((each) => each.current());
    time.pass(1_000);
    await database.query('SELECT 1');
    expect(processes[0]?.current()).toBe(before);

    await rotateLinkSecrets(database);
    const [{ secret } = {}] = await database.query('SELECT secret FROM link_secrets ORDER BY made DESC');
    time.pass(1_000);
    for (const each of processes)
      await expect.poll(() => each.current()).toEqual({ secret: first, previous: secret });
    await database.query(`UPDATE link_secrets SET made_at = made_at - interval '6 seconds'`);
    time.pass(1_000);
    for (const each of processes)
      await expect.poll(() => each.current()).toEqual({ secret, previous: first });
  },
);
