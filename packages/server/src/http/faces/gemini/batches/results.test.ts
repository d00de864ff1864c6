import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { Task } from '../../../../core/tasks/task.ts';
import { newTask } from '../../../../store/conformance/store.fixture.ts';
import { responsesFile, type ResultParts, sizeOfPictures, withResponses } from './results.ts';

const sending = { asLink: false, withText: true };
const png = { content_type: 'image/png', width: 1, height: 1, sha256: '', fileName: 'a.png' };

/** Task that ended with a picture of so many bytes. */
function made(key: string, bytes: number): Task {
  const result = { pictures: [{ ...png, key, bytes }], description: '', warnings: [] };
  return { ...newTask(), state: 'succeeded', result } as unknown as Task;
}

const tasks = new Map([
  ['kept', made('kept', 4)],
  ['unreadable', made('deleted', 300)],
]);
const parts = {
  store: { find: async (id: string) => tasks.get(id) ?? null },
  pictures: {
    size: async (key: string) => (key === 'kept' ? 4 : null),
    read: () => Readable.from([Buffer.from('abcd')]),
  },
} as unknown as ResultParts;
const lines = ['kept', 'unreadable', 'gone'].map((task) => ({ task, key: `key ${task}`, sending }));
const results = { keyId: 'key_a', lines };
const textOf = (bytes: AsyncIterable<Buffer>) => text(Readable.from(bytes, { objectMode: false }));

test('a task or a picture that was deleted is an error in its place, among the others', async () => {
  const sent = await textOf(responsesFile(parts, results));
  const answers = sent
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  const data = Buffer.from('abcd').toString('base64');
  expect(answers).toMatchObject([
    { key: 'key kept', response: { candidates: [{ content: { parts: [{ inlineData: { data } }] } }] } },
    { key: 'key unreadable', error: { code: 5, status: 'NOT_FOUND' } },
    { key: 'key gone', error: { code: 5, message: 'The task was deleted.' } },
  ]);
});

test('a batch has its responses in it, whatever its client wrote into its name', async () => {
  const displayName = '"inlinedResponses":[""]';
  const batch = { name: 'batches/a', metadata: { displayName } } as Parameters<typeof withResponses>[1];
  const sent = JSON.parse(await textOf(withResponses(parts, batch, results))) as typeof batch;
  expect(sent.metadata.displayName).toBe(displayName);
  expect(sent.metadata.output?.inlinedResponses?.inlinedResponses).toHaveLength(3);
});

test('pictures count with the length of their base64', async () => {
  expect(await sizeOfPictures(parts, results)).toBe(8 + 400);
});
