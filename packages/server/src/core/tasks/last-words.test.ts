import { expect, test } from 'vitest';
import type { TaskFailure } from '../errors.ts';
import { withLastWords } from './last-words.ts';

const said = 'Gemini takes no more. Gemini said: "monthly spending cap"';
const failure: TaskFailure = { type: 'upstream_rate_limited', message: said, retryable: true };
const deadline: TaskFailure = { type: 'deadline_exceeded', message: 'Too late.', retryable: false };
const attempt = (each: TaskFailure | null) => ({ upstream: 'gemini', failure: each });

test('a task that ends for a reason of this server says what its upstream said last', () => {
  const attempts = [attempt({ ...failure, upstreamReason: '429' }), attempt(deadline)];
  expect(withLastWords(deadline, attempts)).toEqual({
    ...deadline,
    message: `Too late. The last call, to gemini, had failed: ${said}`,
    upstreamReason: '429',
  });
});

test.each([
  ['that no upstream had failed before', deadline, [attempt(null), attempt(deadline)]],
  ['that ends with those words', { ...failure, message: `${said} Failed before: b.` }, [attempt(failure)]],
  ['that ends without a call', deadline, []],
])('a task %s says nothing more', (_what, last, attempts) => {
  expect(withLastWords(last, attempts)).toEqual(last);
});

test('the words are bounded', () => {
  const long = withLastWords(deadline, [attempt({ ...failure, message: 'x'.repeat(5_000) })]);
  expect(long.message.length).toBeLessThan(1_300);
});
