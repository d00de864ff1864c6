import { expect, test } from 'vitest';
import { readOperationState } from './operation-state.ts';

test.each([
  ['succeeded', ['succeeded', 'SUCCEEDED', 'success', 'Completed', 'finished', 'done', 'OK', '已成功']],
  ['succeeded', ['TASK_STATUS_SUCCEED', 'JOB_STATE_SUCCEEDED', 'generate.success']],
  ['failed', ['failed', 'FAILURE', 'Error', 'timed_out', 'TIMED OUT', '失败', 'Content Moderated']],
  ['failed', ['GENERATE_FAILED', 'SENSITIVE_WORD_ERROR', 'TASK_STATUS_FAILED', 'not found']],
  ['stopped', ['canceled', 'Cancelled', 'ABORTED']],
  ['goes on', ['IN_QUEUE', 'processing', 'meditating', 'TASK_STATUS_QUEUED', 'NOT_START']],
  ['goes on', ['partially completed', 'not_completed', 'IN_PROGRESS']],
  ['unknown', ['Ready', 'constructor', '__proto__', 'x'.repeat(10_000)]],
] as const)('an operation that %s is known by any of its words', (state, words) => {
  for (const word of words) expect(readOperationState(word)).toBe(state);
});

test('what is no word is no state', () => {
  for (const word of ['', ' ', null, undefined, 7, {}]) expect(readOperationState(word)).toBeUndefined();
});
