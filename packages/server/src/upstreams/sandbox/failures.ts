// The failure that a directive asks for: one sentence a type, so that a client under test meets the same sentences and the
// same `retryable` as it would from a real upstream.

import type { TaskErrorType, TaskFailure } from '../../core/errors.ts';
import { leftOpen, upstreamFailure } from '../failures/upstream-failure.ts';

const messages: Readonly<Record<TaskErrorType, string>> = {
  content_rejected:
    'The upstream refused the prompt or the picture under its content rules. Change the prompt or the input pictures.',
  no_image: 'The upstream answered without a picture. Try again, or word the prompt differently.',
  upstream_rate_limited: 'The upstream gets too many requests at the moment. Try again later.',
  upstream_quota:
    "The upstream account's quota is used up. The operator must raise it or wait until it is renewed.",
  upstream_billing: 'The upstream account cannot be charged. The operator must settle its billing.',
  upstream_auth: "The upstream did not accept the server's credentials. The operator must correct them.",
  upstream_unavailable: 'The upstream is out of order at the moment. Try again later.',
  upstream_bad_request:
    'The upstream did not accept the request as it stands. Change the prompt, the model or the settings.',
  input_unreachable:
    'An input picture could not be fetched or read. Check its address, or send another picture.',
  deadline_exceeded: 'The task was not done by its deadline. Submit it again with a later deadline.',
  cancelled: 'The task was cancelled. Submit it again if it is still wanted.',
  internal: 'The server failed for a reason of its own. Tell its operator if it happens again.',
};

/** The failure that `[[fail TYPE]]` asks for, with a delay and an unknown outcome when the directive says so. */
export function directedFailure(
  type: TaskErrorType,
  { retryAfterMs, unknown }: { retryAfterMs: number | undefined; unknown: boolean },
): TaskFailure {
  const message = `${messages[type]} (The prompt told the sandbox to fail in this way.)`;
  return upstreamFailure(type, message, `sandbox directive: fail ${type}`, {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(unknown ? leftOpen : {}),
  });
}
