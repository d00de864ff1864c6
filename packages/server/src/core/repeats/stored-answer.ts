// Answers that are kept for requests which may come again.

/** Answer to a request with an idempotency key, given again when the request is repeated. */
export interface StoredAnswer {
  keyId: string;
  idempotencyKey: string;
  /** SHA-256 of the request, in hex. */
  requestHash: string;
  /** The `data` member of the answer, as JSON. */
  answer: string;
  /** Unix milliseconds. */
  expiresAt: number;
}
