import { expect, test } from 'vitest';
import { readJobState } from './job-state.ts';

test.each([
  ['succeeded', ['succeeded', 'SUCCEEDED', 'success', 'Completed', 'finished', 'done', 'OK', '已成功']],
  ['failed', ['failed', 'FAILURE', 'Error', 'timed_out', 'TIMED OUT', '失败']],
  ['stopped', ['canceled', 'Cancelled', 'ABORTED']],
  ['goes on', ['IN_QUEUE', 'processing', 'meditating', 'constructor', 'x'.repeat(10_000)]],
] as const)('a job that %s is known by any of its words', (state, words) => {
  for (const word of words) expect(readJobState(word)).toBe(state);
});

test('what is no word is no state', () => {
  for (const word of ['', ' ', null, undefined, 7, {}]) expect(readJobState(word)).toBeUndefined();
});
