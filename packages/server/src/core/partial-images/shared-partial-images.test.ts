import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { newTaskId } from '../../lib/ids.ts';
import { createLocalPartialImages, type FollowedPartialImage } from './partial-images.ts';
import { sharePartialImages } from './shared-partial-images.ts';

/** Servers that hear each other's messages, on one picture store. */
function openServers() {
  const listeners = new Set<(text: string) => void>();
  const sent: string[] = [];
  const send = (text: string) => {
    sent.push(text);
    for (const each of listeners) each(text);
  };
  const listen = (onMessage: (text: string) => void) => {
    listeners.add(onMessage);
    return () => void listeners.delete(onMessage);
  };
  const files = new Map<string, Uint8Array>();
  const pictures = {
    put: async (key: string, bytes: Uint8Array) => void files.set(key, bytes),
    read(key: string) {
      const stored = files.get(key);
      return stored ? Readable.from([stored]) : new Readable().destroy(new Error('gone'));
    },
    delete: async (key: string) => void files.delete(key),
  };
  const open = () =>
    sharePartialImages({ local: createLocalPartialImages(), messages: { send, listen }, pictures });
  return { worker: open(), api: open(), another: open(), sent, send, files };
}

const bytes = new Uint8Array([1, 2, 3]);
const shape = { content_type: 'image/png', width: 4, height: 5 };
const imageOf = (index: number) => ({ attempt: 2, index, bytes, ...shape });

test.each(['before', 'after'])(
  'whoever waits on another server gets them, if the run begins %s it',
  async (when) => {
    const { worker, api, files } = openServers();
    const taskId = newTaskId();
    const got: FollowedPartialImage[] = [];
    const early = when === 'before' ? worker.begin(taskId) : undefined;
    const stop = api.follow(taskId, (image) => got.push(image));
    const run = early ?? worker.begin(taskId);
    expect(run.isAwaited()).toBe(true);
    run.give(imageOf(0));
    run.give(imageOf(1));
    await expect.poll(() => got.length).toBe(2);
    expect(got).toEqual([
      expect.objectContaining({ attempt: 2, index: 0, size: 3, ...shape }),
      expect.objectContaining({ attempt: 2, index: 1, ...shape }),
    ]);
    expect(await got[1]?.read()).toEqual(Buffer.from(bytes));
    run.end();
    await expect.poll(() => files.size).toBe(0);
    await expect(got[0]?.read()).rejects.toThrow('gone');
    stop();
  },
);

test('where nobody waits nothing is stored, and who waits on the same server needs no store', async () => {
  const { worker, files, sent } = openServers();
  const taskId = newTaskId();
  const run = worker.begin(taskId);
  expect(run.isAwaited()).toBe(false);
  run.give(imageOf(0));
  const got: FollowedPartialImage[] = [];
  const stop = worker.follow(taskId, (image) => got.push(image));
  run.give(imageOf(1));
  expect(got.map(({ index, read }) => [index, read()])).toEqual([[1, bytes]]);
  stop();
  expect(run.isAwaited()).toBe(false);
  await nextTurn();
  expect([files.size, sent.filter((text) => text.includes('stored'))]).toEqual([0, []]);
});

test('once the last of those who wait elsewhere has left, nothing is stored until somebody waits again', async () => {
  const { worker, api, another, files } = openServers();
  const taskId = newTaskId();
  const run = worker.begin(taskId);
  const stops = [api, api, another].map((server) => server.follow(taskId, () => {}));
  const awaited = stops.map((stop) => {
    stop();
    return run.isAwaited();
  });
  expect(awaited).toEqual([true, true, false]);
  run.give(imageOf(0));
  await nextTurn();
  expect(files.size).toBe(0);
  api.follow(taskId, () => {});
  run.give(imageOf(1));
  await nextTurn();
  expect(files.size).toBe(1);
});

test('those of other tasks, and what is no message, reach nobody', async () => {
  const { api, send, sent } = openServers();
  const [taskId, other] = [newTaskId(), newTaskId()];
  const got: FollowedPartialImage[] = [];
  api.follow(taskId, (image) => got.push(image));
  const name = newTaskId();
  const stored = (task: string, key: string, type: string) => `x stored ${task} ${key} 1 0 4 5 3 ${type}`;
  const before = sent.length;
  for (const text of [
    '',
    'x',
    `x begun ${other}`,
    `x stored ${taskId}`,
    'x begun ../../etc',
    stored(other, name, 'image/png'),
    stored(taskId, '../../../etc/passwd', 'image/png'),
    stored(taskId, name, 'text/html'),
    `x stored ${taskId} ${name} one 0 4 5 3 image/png`,
    `x stored ${taskId} ${name} 1 0 4`,
    `x stored ${taskId} ${name} 1 0 4 5 -3 image/png`,
    ' '.repeat(2_000),
  ])
    send(text);
  expect(got).toEqual([]);
  expect(sent).toHaveLength(before + 12);
  send(stored(taskId, name, 'image/png'));
  expect(got).toHaveLength(1);
});
