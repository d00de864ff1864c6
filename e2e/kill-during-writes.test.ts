import { hash, randomBytes, randomInt } from 'node:crypto';
import { readdirSync, rmSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deflateSync } from 'node:zlib';
import type { Envelope } from '@plantain/client';
import { expect, test } from 'vitest';
import { pngOf } from '../packages/server/src/pictures/hostile.fixture.ts';
import { api, faultsBehind, type Promised, promisedBy, submitted } from './calls.ts';
import { startServer, temporaryDirectory } from './server-process.ts';
import { ofTestSize } from './test-size.fixture.ts';

const key = 'k'.repeat(40);
const maxRounds = ofTestSize(15, 6);
const budgetMs = ofTestSize(25_000, 12_000);

interface ListedFile {
  file_id: string;
  file: string;
  bytes: number;
  sha256: string;
}

test(
  'a server that is killed again and again while it writes pictures never has a broken file behind a link, nor leaves one behind',
  { timeout: 120_000 },
  async () => {
    const directory = temporaryDirectory();
    const temporary = join(directory, 'pictures', 'tmp');
    const start = () =>
      startServer(directory, {
        PLANTAIN_ADMIN_KEY: key,
        PLANTAIN_CONCURRENCY: '4',
        PLANTAIN_RETRY_BASE_MS: '10',
        // One task may be hit by many of the kills.
        PLANTAIN_MAX_TRIES: '100',
        PLANTAIN_UNKNOWN_RETRIES: '10',
      });
    const ids: string[] = [];
    const uploaded: string[] = [];
    const rendered = new Set<string>();
    const firstUpload = async (url: string) =>
      (await listFiles(url)).find(({ file_id: id }) => id === uploaded[0])?.file;

    /** Each begins some writes of its kind and resolves when they are through, or the server is gone. */
    const kinds = [
      async (url: string) => {
        uploaded.push(...(await settle(Array.from({ length: 6 }, () => upload(url)))));
      },
      async (url: string) => {
        const client = api(url, key);
        const added = await settle(
          [1, 2].map((number) => submitted(client, { prompt: `[[images 2]] ${number}`, image_size: '4K' })),
        );
        ids.push(...added);
        await settle(added.map((id) => client.final(id)));
      },
      async (url: string) => {
        const link = await firstUpload(url);
        const queries = Array.from({ length: 3 }, () => `w=${randomInt(300, 900)}&format=png`);
        for (const query of queries) rendered.add(query);
        await settle(queries.map((query) => fetch(`${link}&${query}`).then((answer) => answer.bytes())));
      },
    ];

    let server = await start();
    uploaded.push(await upload(server.url));
    let [rounds, hits] = [0, 0];
    for (const endsAt = performance.now() + budgetMs; rounds < maxRounds; rounds += 1) {
      // On a busy machine too there is a round of each kind.
      if (rounds >= kinds.length && performance.now() > endsAt) break;
      const writes = kinds[rounds % kinds.length]?.(server.url);
      await Promise.race([writes, writesBegan(temporary, randomInt(1, 6))]);
      await sleep(randomInt(0, 3));
      await server.end('SIGKILL');
      const killedAt = Date.now();
      await writes;
      hits += readdirSync(temporary).length;

      server = await start();
      const old = readdirSync(temporary).filter((name) => isOlder(join(temporary, name), killedAt));
      expect(old).toEqual([]);
      const files = await listFiles(server.url);
      // An upload that was answered is safe.
      expect(files.map(({ file_id: id }) => id)).toEqual(expect.arrayContaining(uploaded));
      const tasks = await Promise.all(ids.map((id) => api(server.url, key).task(id)));
      const links = [...files.map(toPromised), ...tasks.flatMap(promisedBy)];
      expect(await faultsBehind(links), `round ${rounds}`).toEqual([]);
    }
    console.log(`${rounds} kills, at which ${hits} files were being written`);
    expect(hits).toBeGreaterThan(0);

    const client = api(server.url, key);
    const tasks = await Promise.all(ids.map((id) => client.final(id)));
    expect(tasks.map(({ state }) => state)).toEqual(ids.map(() => 'succeeded'));
    expect(await faultsBehind(tasks.flatMap(promisedBy))).toEqual([]);
    const link = await firstUpload(server.url);
    const renditions = [...rendered].map((query) => `${link}&${query}`);
    // A rendition that was there after a kill is the one that is made where there is none.
    const kept = await hashesOf(renditions);
    rmSync(join(directory, 'pictures', 'renditions'), { recursive: true });
    expect(kept).toEqual(await hashesOf(renditions));
    expect(readdirSync(temporary)).toEqual([]);
  },
);

/** One after another: of one picture only a few may be waited for at once. */
async function hashesOf(links: readonly string[]): Promise<string[]> {
  const hashes: string[] = [];
  for (const link of links) hashes.push(hash('sha256', await bytesOf(link)));
  return hashes;
}

/** Results of the calls that did not fail; the killed server fails those that it did not come to. */
async function settle<T>(promises: Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(promises);
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
}

/** Resolves in the middle of the given write. */
function writesBegan(directory: string, count: number): Promise<void> {
  return new Promise((resolve) => {
    let seen = 0;
    const watcher = watch(directory, (event) => {
      if (event === 'change') seen += 1;
      if (seen < count) return;
      watcher.close();
      resolve();
    });
  });
}

function isOlder(file: string, at: number): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found !== undefined && found.mtimeMs <= at;
}

/** Uploads noise that was never sent before, of a megabyte, and gives the file's id. */
async function upload(url: string): Promise<string> {
  const side = 1_000;
  const rows = randomBytes(side * (side + 1));
  // Each row begins with its filter, of which there are five.
  for (let row = 0; row < side; row += 1) rows[row * (side + 1)] = 0;
  const body = pngOf(side, side, { pixels: deflateSync(rows, { level: 0 }) });
  const headers = { authorization: key, 'content-type': 'image/png' };
  const answer = await fetch(`${url}/api/files`, { method: 'POST', headers, body });
  const { data } = (await answer.json()) as Envelope<ListedFile>;
  return data.file_id;
}

async function listFiles(url: string): Promise<ListedFile[]> {
  const answer = await fetch(`${url}/api/files`, { headers: { authorization: key } });
  return ((await answer.json()) as Envelope<{ files: ListedFile[] }>).data.files;
}

function toPromised({ file, bytes, sha256 }: ListedFile): Promised {
  return { url: file, bytes, sha256 };
}

async function bytesOf(url: string): Promise<Uint8Array> {
  const answer = await fetch(url);
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  return answer.bytes();
}
