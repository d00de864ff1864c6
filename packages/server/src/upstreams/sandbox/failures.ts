// What a failure that a directive asked for looks like: one row a type, so that a client under test meets the same
// sentences and the same `retryable` as it would from a real upstream.

import type { TaskErrorType, TaskFailure } from '../../core/errors.ts';

const table: Readonly<Record<TaskErrorType, { retryable: boolean; message: string }>> = {
  content_rejected: {
    retryable: false,
    message:
      'The upstream refused the prompt or the picture under its content rules. Change the prompt or the input pictures.',
  },
  no_image: {
    retryable: true,
    message: 'The upstream answered without a picture. Try again, or word the prompt differently.',
  },
  upstream_rate_limited: {
    retryable: true,
    message: 'The upstream gets too many requests at the moment. Try again later.',
  },
  upstream_quota: {
    retryable: false,
    message:
      "The upstream account's quota is used up. The operator must raise it or wait until it is renewed.",
  },
  upstream_billing: {
    retryable: false,
    message: 'The upstream account cannot be charged. The operator must settle its billing.',
  },
  upstream_auth: {
    retryable: false,
    message: "The upstream did not accept the server's credentials. The operator must correct them.",
  },
  upstream_unavailable: {
    retryable: true,
    message: 'The upstream is out of order at the moment. Try again later.',
  },
  upstream_bad_request: {
    retryable: false,
    message:
      'The upstream did not accept the request as it stands. Change the prompt, the model or the settings.',
  },
  input_unreachable: {
    retryable: false,
    message: 'An input picture could not be fetched or read. Check its address, or send another picture.',
  },
  deadline_exceeded: {
    retryable: false,
    message: 'The task was not done by its deadline. Submit it again with a later deadline.',
  },
  cancelled: { retryable: false, message: 'The task was cancelled. Submit it again if it is still wanted.' },
  internal: {
    retryable: false,
    message: 'The server failed for a reason of its own. Tell its operator if it happens again.',
  },
};

/** The closed list of failure types, in the order of the documentation. */
export const failureTypes: readonly TaskErrorType[] = Object.keys(table).filter((type) =>
  isFailureType(type),
);

export function isFailureType(word: string): word is TaskErrorType {
  return Object.hasOwn(table, word);
}

/** The failure that `[[fail TYPE]]` asks for, with a delay and an unknown outcome when the directive says so. */
export function directedFailure(
  type: TaskErrorType,
  { retryAfterMs, unknown }: { retryAfterMs: number | undefined; unknown: boolean },
): TaskFailure {
  const { retryable, message } = table[type];
  return {
    type,
    message: `${message} (The prompt told the sandbox to fail in this way.)`,
    retryable,
    upstreamReason: `sandbox directive: fail ${type}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(unknown ? { maybeBilled: true, unknownOutcome: true } : {}),
  };
}
