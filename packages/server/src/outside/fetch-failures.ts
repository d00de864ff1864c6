// Failures on the way to a picture, in words, and whether trying again may help.
// Messages name the host of the user's own URL; resolved addresses and the answer's body stay out of them.

import { TaskError, inputFailure } from '../core/errors.ts';

/** Statuses besides 5xx after which the same request may succeed later. */
const transientStatuses = new Set([408, 425, 429]);

export function answeredInstead(host: string, status: number): TaskError {
  return inputFailure(`The server at ${host} answered ${status} instead of sending the picture.`, {
    retryable: status >= 500 || transientStatuses.has(status),
  });
}

export function notValidHttp(host: string, cause?: unknown): TaskError {
  return inputFailure(`The server at ${host} did not answer with valid HTTP.`, { cause });
}

/** Codes of node:dns, node:tls, llhttp and undici that trying again will not change. Everything else may pass. */
const permanentFailures: [pattern: RegExp, failure: (host: string, cause: unknown) => TaskError][] = [
  [
    /^(ENOTFOUND|ENODATA|EBADNAME|EAI_NONAME|EAI_NODATA|EAI_FAIL)$/,
    (host, cause) => inputFailure(`There is no host named ${host.replace(/\.$/, '')}.`, { cause }),
  ],
  [
    /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|EPROTO$)|SELF_SIGNED/,
    (host, cause) => inputFailure(`No trusted TLS connection to ${host} could be made.`, { cause }),
  ],
  [/^(HTTPParserError|HPE_|UND_ERR_HEADERS_OVERFLOW)/, notValidHttp],
];

/** Turns whatever ended a fetch into a `TaskError`; one that is already a `TaskError` stays as it is. */
export function explainFetchError(host: string, error: unknown): TaskError {
  if (error instanceof TaskError) return error;
  const word = wordFor(error);
  const permanent = permanentFailures.find(([pattern]) => pattern.test(word));
  if (permanent) return permanent[1](host, error);
  const sentence = /TimeoutError|TIMEOUT|ETIMEDOUT/.test(word)
    ? `The server at ${host} took too long.`
    : `The connection to ${host} failed or broke off.`;
  return inputFailure(sentence, { retryable: true, cause: error });
}

/** The error's code; its name where it has none (undici's parser errors) or a number (an `AbortSignal`'s time-out). */
function wordFor(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
