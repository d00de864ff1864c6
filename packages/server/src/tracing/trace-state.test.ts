import { expect, test } from 'vitest';
import { readTraceState } from './trace-state.ts';

const listOf = (count: number) => Array.from({ length: count }, (_, index) => `k${index}=x`).join(',');
const ofLength = (length: number) => `k=${'v'.repeat(length - 261)},l=${'v'.repeat(256)}`;

test.each([
  ['one member', 'rojo=00f067aa0ba902b7', 'rojo=00f067aa0ba902b7'],
  ['blanks and empty members', ' a=1 ,, b@c=2\t,', 'a=1,b@c=2'],
  ['as many members as there may be', listOf(32), listOf(32)],
  ['as many characters as there may be', ofLength(512), ofLength(512)],
  ['one member too many', listOf(33), undefined],
  ['a character too many', ofLength(513), undefined],
  ['a key twice', 'a=1,b=2,a=3', undefined],
  ['a key in capitals', 'a=1,B=2', undefined],
  ['a value with an equals sign', 'a=1=2', undefined],
  ['a value with a control character', 'a=1\u0007', undefined],
  ['a member without a value', 'a=1,b', undefined],
  ['nothing', '', undefined],
])('tracestate with %s', (_, given, handedOn) => {
  expect(readTraceState(given)?.serialize()).toBe(handedOn);
});
