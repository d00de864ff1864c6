import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { explainSystemError, isSystemError } from './system-words.ts';

/** Words for the error that the system gives. */
async function saidOf(act: () => unknown): Promise<string> {
  const error: unknown = await Promise.resolve()
    .then(act)
    .catch((thrown: unknown) => thrown);
  if (!isSystemError(error)) throw new Error('The system did not refuse.', { cause: error });
  return explainSystemError(error);
}

async function listen(host: string, port = 0) {
  const server = createServer();
  onTestFinished(() => void server.close());
  server.listen(port, host);
  await once(server, 'listening');
  return server.address() as { port: number };
}

test('a port that is taken is named, with the setting for another', async () => {
  const { port } = await listen('127.0.0.1');
  expect(await saidOf(() => listen('127.0.0.1', port))).toMatch(
    new RegExp(`^Port ${port} of 127\\.0\\.0\\.1 is taken by another program.*\\(PLANTAIN_PORT\\)\\.$`),
  );
});

test('an address that this machine lacks is named, with those that it has', async () => {
  // RFC 5737 keeps it for documentation.
  expect(await saidOf(() => listen('192.0.2.1'))).toMatch(
    /no address 192\.0\.2\.1 .*PLANTAIN_HOST.*127\.0\.0\.1/,
  );
});

test('a name that leads nowhere is named', async () => {
  expect(await saidOf(() => listen('no-such-name.invalid'))).toMatch(
    /^The name no-such-name\.invalid leads to no address.*PLANTAIN_HOST/,
  );
});

test('a folder that can’t be is named with the reason', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'plantain-words-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  symlinkSync('circle', join(folder, 'circle'));
  const make = (path: string) => saidOf(() => mkdirSync(path, { recursive: true }));
  expect(await make(file)).toBe(
    `${file} can’t be used: a file is in its place. Mend that, or choose another data directory (PLANTAIN_DATA_DIR).`,
  );
  expect(await make(join(file, 'below'))).toContain('a part of the path is a file');
  expect(await make(join(folder, 'x'.repeat(300)))).toContain('its name is too long');
  expect(await saidOf(() => writeFileSync(join(folder, 'circle'), ''))).toContain('lead in a circle');
});

// Refusals that the super-user of a test does not meet, and a full disk, can't be had here.
test.each([
  [{ code: 'EACCES', syscall: 'listen', address: '::', port: 80 }, /port 80 of \[::\];.*PLANTAIN_PORT/],
  [
    { code: 'EACCES', syscall: 'mkdir', path: '/srv/data' },
    /^\/srv\/data can’t be used: this user may not write/,
  ],
  [{ code: 'EROFS', syscall: 'open', path: '/srv/data/owner.pid' }, /the disk can only be read/],
  [
    { code: 'ENOSPC', syscall: 'write' },
    /^The data directory can’t be used: the disk is full\. .*PLANTAIN_DATA_DIR/,
  ],
  [{ code: 'EWHAT', syscall: 'open' }, /^The operating system refused: the words of Node\. .*settings/],
])('%j is explained', (members, words) => {
  expect(explainSystemError(Object.assign(new Error('the words of Node.'), members))).toMatch(words);
});
