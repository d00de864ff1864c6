import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { createLiveEvents } from './live-events.ts';

const stream: Record<string, string> = { 'content-type': 'text/event-stream' };

/** Gives the texts of the events that were told of a stream in these pieces. */
async function toldOf(
  pieces: Iterable<string>,
  { maxLongEvents = 9, maxEventBytes = 20, status = 200, headers = stream } = {},
): Promise<unknown[]> {
  const told: unknown[] = [];
  const parse = async (blocks: Uint8Array[]) => Buffer.concat(blocks).toString().trim();
  const onEvent = (text: unknown) => told.push(text) < 0;
  const live = createLiveEvents(parse, { maxLongEvents, maxEventBytes, onEvent });
  for (const piece of pieces) live.add(Buffer.from(piece), { status, headers });
  await live.settled();
  return told;
}

test.each<[string, string]>([
  ['line feeds', 'data: 1\n\ndata: 2\n\n'],
  ['both signs', 'data: 1\r\n\r\ndata: 2\r\n\r\n'],
  ['signs of life between them', ':\n\ndata: 1\n\n: wait\n\n\n\ndata: 2\n\n'],
  ['one that is too long', `data: 1\n\ndata: ${'x'.repeat(30)}\n\ndata: 2\n\n`],
])('events are told in their order, however the stream is cut: %s', async (_what, text) => {
  for (const pieces of [[text], text, text.match(/[^]{1,3}/g) ?? []])
    expect(await toldOf(pieces)).toEqual(
      ['data: 1', 'data: 2'].map((each) => expect.stringContaining(each) as unknown),
    );
});

test('an event that has not ended is not told', async () => {
  expect(await toldOf(['data: 1\n\ndata: 2\n'])).toEqual(['data: 1']);
});

test.each([9_999, 20])(
  'none is told beyond as many long ones as are wanted, if %d bytes are read',
  async (most) => {
    const long = `data: ${'x'.repeat(5_000)}`;
    const pieces = ['data: 1\n\ndata: 2\n\n', `${long}\n\n`, 'data: 3\n\n', `${long}\n\ndata: 4\n\n`];
    const read = most > long.length ? [long] : [];
    expect(await toldOf(pieces, { maxLongEvents: 2, maxEventBytes: most })).toEqual([
      'data: 1',
      'data: 2',
      ...read,
      'data: 3',
      ...read,
    ]);
  },
);

test('what comes in more lines than any stream has is not gone through', async () => {
  expect(await toldOf(['\n'.repeat(20_000), 'data: 1\n\n'])).toEqual([]);
});

test.each<[string, Parameters<typeof toldOf>[1]]>([
  ['of another type', { headers: { 'content-type': 'application/json' } }],
  ['of none', { headers: {} }],
  ['that is packed', { headers: { ...stream, 'content-encoding': 'gzip' } }],
  ['that is an error', { status: 429 }],
])('nothing is told of an answer %s', async (_what, answer) => {
  expect(await toldOf(['data: 1\n\n'], answer)).toEqual([]);
});
