import { expect, test } from 'vitest';
import { RequestError } from '../../core/errors.ts';
import { readWait } from './wait-query.ts';

const plain = { untilFinal: false, byPreference: false };

test.each([
  [{}, undefined, null],
  [{ wait: '1' }, undefined, { ...plain, seconds: 1 }],
  [{ wait: '007' }, undefined, { ...plain, seconds: 7 }],
  [{ wait: '60' }, undefined, { ...plain, seconds: 60 }],
  [{ wait: '999999999' }, undefined, { ...plain, seconds: 60 }],
  [{ until: 'final' }, undefined, { ...plain, seconds: 30, untilFinal: true }],
  [{ wait: '5', until: 'final' }, 'wait=9', { ...plain, seconds: 5, untilFinal: true }],
  [{}, 'wait=10', { ...plain, seconds: 10, byPreference: true }],
  [{}, 'respond-async, Wait = "90"; x=1, wait=2', { ...plain, seconds: 60, byPreference: true }],
  [{ until: 'final' }, 'return=minimal,wait=4', { seconds: 4, untilFinal: true, byPreference: true }],
  // Of a preference that makes no sense nobody hears: RFC 7240, section 2.
  [{}, 'wait=0', null],
  [{}, 'wait=-1', null],
  [{}, 'wait=ten', null],
  [{}, 'wait', null],
  [{}, 'await=10', null],
  [{}, 'x="wait=10"', null],
])('%j and Prefer: %s', (query, prefer, expected) => {
  expect(readWait(query, prefer)).toEqual(expected);
});

test.each([
  [{ wait: '0' }, ['wait']],
  [{ wait: '' }, ['wait']],
  [{ wait: '1.5' }, ['wait']],
  [{ wait: '-1' }, ['wait']],
  [{ wait: '1e1' }, ['wait']],
  [{ wait: '10s' }, ['wait']],
  [{ wait: ['1', '2'] }, ['wait']],
  [{ wait: 'long', until: 'done' }, ['wait', 'until']],
  [{ wait: '1', until: '' }, ['until']],
])('%j is refused, with the path', (query, paths) => {
  expect(() => readWait(query, undefined)).toThrow(RequestError);
  try {
    readWait(query, undefined);
  } catch (error) {
    expect((error as RequestError).details?.map(({ path }) => path)).toEqual(paths);
  }
});
