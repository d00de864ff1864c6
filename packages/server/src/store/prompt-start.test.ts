import { expect, test } from 'vitest';
import { toPromptStart } from './prompt-start.ts';

test.for([
  ['of a whole request', '{"prompt":"abc","inputs":[]}', 'ab'],
  ['of one that was cut within an escape', String.raw`{"prompt":"a\u000`, 'a'],
  ['of one that was cut right after a backslash', '{"prompt":"a\\', 'a'],
  ['of one with characters beside the first plane', '{"prompt":"🍌🍌🍌', '🍌🍌'],
  ['of one with a NUL', String.raw`{"prompt":"\u0000\"x`, '\0"'],
  ['of one that is shorter than was asked for', '{"prompt":""}', ''],
  ['of a request that begins with something else', '{"inputs":[],"prompt":"abc"}', 'ab'],
] as const)('the start of a prompt is read %s', ([, text, start]) => {
  expect(toPromptStart(text, 2)).toBe(start);
});
