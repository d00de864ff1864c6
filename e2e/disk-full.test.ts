import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type Api, api, faultsBehind, promisedBy, submitted } from './calls.ts';
import { isMissing } from './needed-tool.fixture.ts';
import type { ServerProcess } from './launch-server.ts';
import { startServer, temporaryDirectory } from './server-process.ts';
import { canMountVolumes, mountVolume, type SmallVolume } from './small-volume.ts';

const key = 'k'.repeat(40);
const mebibyte = 2 ** 20;
const isMissingDisk = isMissing('tmpfs that its user may mount', canMountVolumes());

describe.skipIf(isMissingDisk)('on a disk of 24 MiB', () => {
  // Without a limit nothing is refused before a write fails: the log of the database has no room then either.
  test(
    'that is full to its last byte, submits are refused, running tasks keep their pictures until there is room, and nothing is broken',
    { timeout: 90_000 },
    async () => {
      // Leases run out several times while none can be renewed.
      const { volume, server, client } = await startOnVolume({ minFreeBytes: 0, leaseMs: 500 });
      const early = await submitAll(client, 4, 'early');
      for (const id of early) await client.final(id);
      const running = await submitAll(client, 8, '[[delay 1s]] [[images 2]]');
      for (const id of running) await client.until(id, ({ attempts }) => attempts.length === 1);

      volume.fill();
      const { accepted, refused } = await submitUntilRefused(client, 'x'.repeat(32_000));
      expectNoRoom(refused);
      expect((await upload(server.url)).status).toBe(503);
      // Each has its pictures now and could not store them.
      while (!running.every((id) => server.stderr().includes(`"task":"${id}","error":"Error: ENOSPC`)))
        await sleep(20);
      // Four leases: each is renewed three times while it lasts.
      const failedRenewals = () => server.stderr().split('"renew_failed"').length;
      const manyLeases = failedRenewals() + 12;
      while (failedRenewals() < manyLeases) {
        for (const id of running) expect((await client.task(id)).state).toBe('running');
        for (const id of early) expect((await client.task(id)).state).toBe('succeeded');
      }
      expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
      const earlyTasks = await Promise.all(early.map((id) => client.task(id)));
      expect(await faultsBehind(earlyTasks.flatMap(promisedBy))).toEqual([]);

      volume.makeRoom();
      await expectAllMadeOnce(client, [...early, ...running, ...accepted]);
      while ((await client.submit({ prompt: 'late' })).status === 503) await sleep(100);
      await expectWholeAtTheEnd(server, volume);
    },
  );

  test(
    'that has less free than it must, submits are refused, what runs finds room, and what waits is begun once there is more',
    { timeout: 90_000 },
    async () => {
      const { volume, server, client } = await startOnVolume({ minFreeBytes: 8 * mebibyte, leaseMs: 15_000 });
      const running = await submitAll(client, 8, '[[delay 1s]]');
      for (const id of running) await client.until(id, ({ attempts }) => attempts.length === 1);
      const waiting = await submitAll(client, 4, 'waits');

      volume.fill(6 * mebibyte);
      const { accepted, refused } = await submitUntilRefused(client, 'late');
      expectNoRoom(refused);
      expect((await upload(server.url)).status).toBe(503);
      expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
      await expectAllMadeOnce(client, running);
      for (const id of waiting) expect((await client.task(id)).state).toBe('pending');

      volume.makeRoom();
      await expectAllMadeOnce(client, [...waiting, ...accepted]);
      await expectWholeAtTheEnd(server, volume);
    },
  );
});

async function startOnVolume({ minFreeBytes, leaseMs }: { minFreeBytes: number; leaseMs: number }) {
  const volume = await mountVolume(24);
  const settings = {
    PLANTAIN_ADMIN_KEY: key,
    PLANTAIN_MIN_FREE_DISK_BYTES: String(minFreeBytes),
    PLANTAIN_LEASE_MS: String(leaseMs),
  };
  const server = await startServer(volume.directory, settings, volume.launcher);
  return { volume, server, client: api(server.url, key) };
}

function submitAll(client: Api, count: number, prompt: string): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, (_, number) => submitted(client, { prompt: `${prompt} ${number}` })),
  );
}

function expectNoRoom({ status, headers, body }: Awaited<ReturnType<Api['submit']>>): void {
  expect(status).toBe(503);
  expect(body.error?.type).toBe('overloaded');
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
}

/** Holds each task to one call: a picture that could not be stored at once was kept in memory, and not made again. */
async function expectAllMadeOnce(client: Api, ids: readonly string[]): Promise<void> {
  const tasks = await Promise.all(ids.map((id) => client.final(id)));
  expect(tasks.map(({ state, attempts }) => [state, ...attempts.map(({ outcome }) => outcome)])).toEqual(
    ids.map(() => ['succeeded', 'succeeded']),
  );
  expect(await faultsBehind(tasks.flatMap(promisedBy))).toEqual([]);
}

async function expectWholeAtTheEnd(server: ServerProcess, volume: SmallVolume): Promise<void> {
  expect(await server.end('SIGTERM')).toBe(0);
  expect(readdirSync(join(volume.seenFromHere, 'pictures', 'tmp'))).toEqual([]);
  expect(checkIntegrity(volume)).toBe('ok');
}

/** Long prompts soon use up what room the database has left. */
async function submitUntilRefused(client: Api, prompt: string) {
  const accepted: string[] = [];
  for (;;) {
    const answer = await client.submit({ prompt });
    if (answer.status !== 200) return { accepted, refused: answer };
    accepted.push(answer.body.data.task_id);
    await sleep(100);
  }
}

function upload(url: string) {
  // A PNG of one pixel.
  const body = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  const headers = { authorization: key, 'content-type': 'image/png' };
  return fetch(`${url}/api/files`, { method: 'POST', headers, body });
}

function checkIntegrity({ seenFromHere }: SmallVolume): unknown {
  // SQLite follows the path to where it leads outside of the volume's namespace.
  const copy = join(temporaryDirectory(), 'plantain.db');
  copyFileSync(join(seenFromHere, 'plantain.db'), copy);
  const database = new DatabaseSync(copy);
  try {
    return database.prepare('PRAGMA integrity_check').get()?.['integrity_check'];
  } finally {
    database.close();
  }
}
