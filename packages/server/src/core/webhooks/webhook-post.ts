// Port for sending a webhook.

export interface WebhookAnswer {
  status: number;
  /** Delay that a 429 or 503 asked for. */
  retryAfterMs?: number;
  /** Beginning of the answer as it came. It must be cleaned before it is shown. */
  start: string;
}

/**
 * Posts `body` to a URL that a user gave, but never to an inside address. Follows no redirect. Throws `TaskError` where there was no
 * answer, with a message that is safe to show to the user; when the signal aborts, rejects with the signal's reason.
 */
export type WebhookPost = (
  url: string,
  request: { headers: Readonly<Record<string, string>>; body: string },
  signal: AbortSignal,
) => Promise<WebhookAnswer>;
