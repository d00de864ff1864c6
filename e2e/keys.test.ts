import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { nameOfDatabase } from '../packages/server/src/store/postgres/database/address.ts';
import { api, submitted } from './calls.ts';
import { runCommand } from './command-in-process.ts';
import { launchServer } from './launch-server.ts';
import { runToEnd, settingsOfStore, startServer, temporaryDirectory } from './server-process.ts';

const key = 'k'.repeat(40);

describe('plantain-server keys', () => {
  test('makes, lists and revokes keys of a running server', async () => {
    const directory = temporaryDirectory();
    const settings = { PLANTAIN_DATA_DIR: directory };
    const server = await startServer(directory);
    const made = await runToEnd(['keys', 'create', '--name', 'a program'], settings);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^plantain_[\w-]{43}\n$/) });
    // A key that was made in another data directory by mistake is of no use to this server.
    const { PLANTAIN_DATABASE_URL: url } = await settingsOfStore(directory);
    const place = url === undefined ? directory : `the database ${nameOfDatabase(url)}`;
    expect(made.stderr).toContain(`for the server on ${place}.`);
    const secret = made.stdout.trim();
    const id = await submitted(api(server.url, secret), { prompt: 'x' });
    expect((await api(server.url, `Bearer ${secret}`).final(id)).state).toBe('succeeded');
    // Another key does not see it.
    await expect(api(server.url, server.key ?? '').task(id)).rejects.toThrow('404');

    const listed = await runCommand(['keys', 'list'], settings);
    expect(listed.stdout).toMatch(
      /key_\S+ {2}user {2}plantain_\S{4}… {2}since \d{4}-\d\d-\d\d {2}(?:never )?used[ \d-]* {2}"a program"/,
    );
    expect(listed.stdout).not.toContain(secret);
    const keyId = /(key_\S+) {2}user/.exec(listed.stdout)?.[1] ?? '';
    expect(await runToEnd(['keys', 'revoke', keyId], settings)).toMatchObject({ code: 0 });
    let status = 200;
    while (status === 200)
      ({ status } = await fetch(`${server.url}/api/gemini/nano-banana/${id}`, {
        headers: { authorization: secret },
      }));
    expect(status).toBe(401);
    expect(await runCommand(['keys', 'link', keyId], settings)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('nobody signs in with it'),
    });
    expect(await runCommand(['keys', 'revoke', keyId], settings)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no key'),
    });
  });

  test('is in the audit log with the user of the system, and the log is printed', async () => {
    const settings = { PLANTAIN_DATA_DIR: temporaryDirectory() };
    const { stdout: secret } = await runCommand(['keys', 'create', '--name', 'a program'], settings);
    await runCommand(['links', 'rotate'], settings);
    const all = await runCommand(['audit'], settings);
    expect(all.code).toBe(0);
    const [rotated, made, ...rest] = all.stdout.trim().split('\n');
    expect(rotated).toMatch(/^\S+Z {2}links\.rotate {2}cli "[^"]+"$/);
    expect(made).toMatch(/^\S+Z {2}key\.create {2}cli "[^"]+" {2}"key_\S+" {2}after \{"name":"a program",/);
    expect(rest).toEqual([]);
    expect(all.stdout).not.toContain(secret.trim());
    const some = await runCommand(['audit', '--act', 'key.create', '--who', 'cli', '--limit', '1'], settings);
    expect(some.stdout).toBe(`${made}\n`);
    expect((await runCommand(['audit', '--to', '2000-01-01'], settings)).stdout).toBe('');
    for (const args of [
      ['--act', 'x'],
      ['--from', 'x'],
      ['--limit', '0'],
    ])
      expect(await runCommand(['audit', ...args], settings)).toMatchObject({ code: 2 });
  });

  test('sets the rights, limits and owner of a key, rolls it, and deletes the owner', async () => {
    const settings = {
      PLANTAIN_DATA_DIR: temporaryDirectory(),
      PLANTAIN_KEY_BUDGET: '{"period": "total", "amount_micro_usd": 40000}',
    };
    const run = (...args: string[]) => runCommand(args, settings);
    const owner = await run('owners', 'create', '--name', 'Acme', '--budget', 'month:5000000:Europe/Berlin');
    const id = owner.stdout.trim();
    expect((await run('owners', 'list')).stdout).toMatch(
      /^own_\S+ {2}weight 1 {2}0 keys {2}never used {2}\$5.00 left of \$5.00 a month: \$0.00 spent, \$0.00 reserved {2}"Acme"/,
    );
    const flags = [
      '--owner',
      id,
      '--scopes',
      'tasks,read',
      '--networks',
      '10.0.0.0/8',
      '--limit',
      'running=3',
    ];
    const made = await run('keys', 'create', '--name', 'shop', ...flags);
    const keyId = /key_\S+/.exec(made.stderr)?.[0] ?? '';
    const shown = async () =>
      JSON.parse((await run('keys', 'show', keyId)).stdout) as Record<string, unknown>;
    expect(await shown()).toMatchObject({
      owner_id: id,
      scopes: ['tasks', 'read'],
      networks: ['10.0.0.0/8'],
      limits: { running: 3 },
      budget: null,
      in_force: { budget: { spent_micro_usd: 0, reserved_micro_usd: 0, left_micro_usd: 40_000 } },
    });
    expect((await run('keys', 'list')).stdout).toContain(
      `  of ${id}  $0.04 left of $0.04 in total: $0.00 spent, $0.00 reserved  "shop"`,
    );
    await run('keys', 'set', keyId, '--networks', 'none', '--limit', 'running=none', '--budget', 'day:7');
    const budget = { period: 'day', amount_micro_usd: 7, time_zone: 'UTC' };
    expect(await shown()).toMatchObject({ networks: null, limits: {}, budget });
    const rolled = await run('keys', 'roll', keyId, '--overlap-seconds', '60');
    expect(rolled.stdout).not.toBe(made.stdout);
    expect((await shown())['previous_secret_expires_at']).toMatch(/^\d{10}$/);
    for (const args of [
      ['keys', 'set', keyId, '--scopes', 'all'],
      ['keys', 'set', keyId, '--owner', 'own_none'],
      ['owners', 'set', 'own_none', '--weight', '2'],
    ])
      expect(await run(...args), args.join(' ')).toMatchObject({ code: 1, stdout: '' });
    expect(await run('owners', 'set', id, '--weight', '2')).toMatchObject({ code: 0 });
    expect(JSON.parse((await run('owners', 'show', id)).stdout)).toMatchObject({ weight: 2, key_count: 1 });
    expect(await run('owners', 'delete', id)).toMatchObject({ code: 0 });
    expect((await shown())['revoked_at']).toMatch(/^\d{10}$/);
  });

  test('says how it is called when it is called wrongly', async () => {
    const { code, stderr } = await runToEnd(['keys', 'make'], { PLANTAIN_DATA_DIR: temporaryDirectory() });
    expect(code).toBe(2);
    expect(stderr).toContain('keys takes one of create, list, show, set, roll, link, revoke.');
    expect(stderr).toContain('Usage: plantain-server');
  });

  test('a server whose settings declare other keys refuses to start, and with --accept-keys starts and has them', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'plantain.yaml');
    const declare = (id: string) => {
      const hash = createHash('sha256').update(secretOf(id)).digest('hex');
      writeFileSync(file, `keys:\n  - id: ${id}\n    hash: ${hash}\n`);
    };
    const secretOf = (id: string) => `plantain_${id.repeat(10)}`;
    const settings = { PLANTAIN_CONFIG: file, PLANTAIN_ADMIN_KEY: key };
    declare('shop');
    await (await startServer(directory, settings)).end('SIGTERM');
    declare('office');
    const refused = await runToEnd([], { PLANTAIN_DATA_DIR: directory, PLANTAIN_PORT: '0', ...settings });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('--accept-keys') });
    expect(refused.stderr).toContain('  - keys.shop is missing here\n  - keys.office is new here\n');
    const all = { ...(await settingsOfStore(directory)), ...settings };
    const accepting = { args: ['--accept-keys'], onSpawn: onTestFinished };
    const server = await launchServer(directory, all, accepting);
    const status = async (id: string) =>
      (await fetch(`${server.url}/api/me`, { headers: { authorization: secretOf(id) } })).status;
    expect([await status('shop'), await status('office')]).toEqual([401, 200]);
  });

  test('a new PLANTAIN_ADMIN_KEY ends the one before it', async () => {
    const directory = temporaryDirectory();
    await (await startServer(directory, { PLANTAIN_ADMIN_KEY: key })).end('SIGTERM');
    const server = await startServer(directory, { PLANTAIN_ADMIN_KEY: 'n'.repeat(40) });
    const status = async (authorization: string) =>
      (await fetch(`${server.url}/api/gemini/nano-banana/x`, { headers: { authorization } })).status;
    expect(await status(key)).toBe(401);
    expect(await status('n'.repeat(40))).toBe(404);
    const { stdout } = await runCommand(['keys', 'list'], { PLANTAIN_DATA_DIR: directory });
    expect(stdout.split('\n').map((line) => /declared as \S+ /.exec(line)?.[0])).toContain(
      'declared as settings:admin_key ',
    );
  });
});
