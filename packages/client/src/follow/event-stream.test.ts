import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConnectionError } from '../errors.ts';
import { createEventParser, type ServerEvent } from './event-stream.ts';

function parseWhole(text: string): { events: ServerEvent[]; lastEventId: string } {
  const parser = createEventParser();
  return { events: parser.push(text), lastEventId: parser.lastEventId };
}

test('fields are read as the standard says', () => {
  const text = [
    ': a comment',
    'event: task',
    'id: 7',
    'data: one',
    'data:two',
    'data:  three',
    'data',
    'retry: 2000',
    'unknown: field',
    '',
    'data: of no kind',
    '',
    'event: nothing to say',
    '',
    'id: 8',
    '',
    'data: cut off',
  ].join('\n');
  expect(parseWhole(text)).toEqual({
    events: [
      { type: 'task', data: 'one\ntwo\n three\n' },
      { type: 'message', data: 'of no kind' },
    ],
    lastEventId: '8',
  });
});

test('an id with a null character is passed over, and an empty one begins anew', () => {
  expect(parseWhole('id: 1\n\nid: \0\n\n').lastEventId).toBe('1');
  expect(parseWhole('id: 1\n\nid\n\n').lastEventId).toBe('');
});

test('an id counts only when its event is complete', () => {
  expect(parseWhole('id: 1\ndata: a\n\nid: 2\ndata: b').lastEventId).toBe('1');
});

test('all three ends of a line end it at once', () => {
  for (const end of ['\n', '\r', '\r\n'])
    expect(parseWhole(`data: a${end}${end}data: b${end}${end}`).events.map(({ data }) => data)).toEqual([
      'a',
      'b',
    ]);
});

const piece = fc.oneof(
  fc.constantFrom('\n', '\r', '\r\n', '\n\n', ':', ': ', 'data:', 'data: ', 'event: task', 'id: 7', '\0'),
  fc.string({ unit: 'grapheme', maxLength: 5 }),
);

test('however a stream is cut into pieces, the events are the same', () => {
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.array(fc.nat({ max: 7 })), (pieces, cuts) => {
      // Events are cut between bytes, which may be within a character.
      const bytes = new TextEncoder().encode(pieces.join(''));
      const parser = createEventParser();
      const decoder = new TextDecoder();
      const events: ServerEvent[] = [];
      let at = 0;
      for (const length of [...cuts, bytes.length]) {
        events.push(...parser.push(decoder.decode(bytes.subarray(at, at + length), { stream: true })));
        at += length;
      }
      const whole = parseWhole(new TextDecoder().decode(bytes));
      expect({ events, lastEventId: parser.lastEventId }).toEqual(whole);
    }),
    { numRuns: 500 },
  );
});

test('any text comes through as the data of an event', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const lines = text.split(/\r\n|\n|\r/);
      const { events } = parseWhole(`${lines.map((line) => `data: ${line}\n`).join('')}\n`);
      expect(events).toEqual([{ type: 'message', data: lines.join('\n') }]);
    }),
  );
});

test('an event without an end is refused before it fills the memory', () => {
  const parser = createEventParser();
  const mebibyte = 'x'.repeat(2 ** 20);
  parser.push('data: ');
  expect(() => {
    for (let pushed = 0; pushed < 20; pushed += 1) parser.push(mebibyte);
  }).toThrow(ConnectionError);
  const inLines = createEventParser();
  expect(() => {
    for (let pushed = 0; pushed < 20; pushed += 1) inLines.push(`data: ${mebibyte}\n`);
  }).toThrow(ConnectionError);
  const inEmptyLines = createEventParser();
  const emptyLines = 'data:\n'.repeat(2 ** 20);
  expect(() => {
    for (let pushed = 0; pushed < 20; pushed += 1) inEmptyLines.push(emptyLines);
  }).toThrow(ConnectionError);
});

test('comments and unknown fields are passed over however long they are', () => {
  const parser = createEventParser();
  const mebibyte = 'x'.repeat(2 ** 20);
  for (const start of [': ', 'unknown: ']) {
    parser.push(start);
    for (let pushed = 0; pushed < 20; pushed += 1) parser.push(mebibyte);
    expect(parser.push('\ndata: a\n\n')).toEqual([{ type: 'message', data: 'a' }]);
  }
});
