// The port through which a webhook is sent.

export interface WebhookAnswer {
  status: number;
  /** How long a 429 or 503 asked to be left alone. */
  retryAfterMs?: number;
  /** The beginning of the answer, as it came: not to be shown as it is. */
  start: string;
}

/**
 * Posts `body` to a URL that a user gave, and never to an inside address; follows no redirect. Throws `TaskError` where there
 * was no answer, with a sentence that may be shown to the user; when the signal aborts, rejects with the signal's reason.
 */
export type WebhookPost = (
  url: string,
  request: { headers: Readonly<Record<string, string>>; body: string },
  signal: AbortSignal,
) => Promise<WebhookAnswer>;
