// Signs a delivery by Standard Webhooks, once with each secret, so that receivers may change theirs at any time of a rotation.

import { Webhook } from 'standardwebhooks';

/** The headers that a receiver verifies `body` by. `at` is the time of the attempt: receivers refuse what is older than five minutes. */
export function signatureHeaders(
  { id, at, body }: { id: string; at: number; body: string },
  secrets: readonly string[],
): Record<string, string> {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(id, new Date(at), body));
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': signatures.join(' '),
  };
}
