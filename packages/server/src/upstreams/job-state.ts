// What a server says of a job in a word: the same few things, in any spelling.

export type JobState = 'goes on' | 'succeeded' | 'failed' | 'stopped';

const words: readonly (readonly [JobState, readonly string[]])[] = [
  ['succeeded', ['succeeded', 'succeed', 'success', 'successful', 'ok', '成功', '已成功']],
  ['succeeded', ['completed', 'complete', 'finished', 'finish', 'done', '完成', '已完成']],
  ['failed', ['failed', 'fail', 'failure', 'error', 'errored', '失败', '已失败']],
  ['failed', ['rejected', 'timeout', 'timedout', 'expired']],
  ['stopped', ['canceled', 'cancelled', 'aborted', 'stopped', 'terminated', '已取消']],
];
const states = new Map(words.flatMap(([state, each]) => each.map((word) => [word, state] as const)));
const longestWord = 40;

/** A word that nobody has heard of is of a job that goes on. `undefined` where there is no word. */
export function readJobState(word: unknown): JobState | undefined {
  if (typeof word !== 'string' || word.trim() === '') return undefined;
  const plain = word.trim().slice(0, longestWord).toLowerCase();
  return states.get(plain.replaceAll(/[\s_-]/g, '')) ?? 'goes on';
}
