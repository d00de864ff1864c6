// One attempt to deliver: the message as of now, signed and posted, and what its outcome means.

import { TaskError } from '../core/errors.ts';
import { newWebhookSecret, testEvent } from '../core/webhooks/webhook.ts';
import type { KeyStore } from '../core/keys/key-store.ts';
import type { FaceMessage } from '../core/webhooks/face-message.ts';
import type { WebhookAnswer, WebhookPost } from '../core/webhooks/webhook-post.ts';
import type { AttemptRecord, WebhookDelivery, WebhookStore } from '../core/webhooks/webhook-store.ts';
import type { Clock } from '../lib/clock.ts';
import { safeText } from '../lib/safe-text.ts';
import { messageText, testData } from './message-text.ts';
import { nextTryAt } from './schedule.ts';
import { signatureHeaders } from './sign.ts';

export interface AttemptDependencies {
  store: Pick<WebhookStore, 'ensureSecret' | 'secretsOf'> & Pick<KeyStore, 'endedKeys'>;
  post: WebhookPost;
  /** The `data` member of the status answer; `null` when this key has no such task any more. */
  render: (taskId: string, keyId: string) => Promise<string | null>;
  /** Makes the message of a task's own callback in the form of its face; `null` where it came by none that has one. */
  formMessage?: (task: { taskId: string; keyId: string }, at: number) => Promise<FaceMessage | null>;
  clock: Clock;
  random: () => number;
  /** For how long after its event a delivery is tried. */
  retryMs: number;
  /** After how long without a success an endpoint is switched off. */
  disableAfterMs: number;
}

/** How much of an answer is kept, in characters. */
const keptOfAnswer = 200;

/** Makes the attempt. Rejects with the signal's reason when it aborts, and where no secret can be stored. */
export async function attemptDelivery(
  dependencies: AttemptDependencies,
  delivery: WebhookDelivery,
  signal: AbortSignal,
): Promise<AttemptRecord> {
  const { store, post, clock } = dependencies;
  const at = clock.now();
  // Revoked and not only expired: that is a key's end by plan, and its tasks are told of.
  if ((await store.endedKeys([delivery.keyId], 0)).length > 0)
    return recordUncalled(delivery, at, 'The API key was revoked.');
  const message = await signedMessage(dependencies, delivery, at);
  if (message === null)
    return recordUncalled(delivery, at, 'The record of the task was deleted before the delivery succeeded.');
  const startedAt = clock.now();
  const outcome = await post(delivery.url, message, signal).catch((error: unknown) => {
    if (error instanceof TaskError) return error;
    throw error;
  });
  const durationMs = Math.max(0, clock.now() - startedAt);
  return judge(dependencies, delivery, outcome, { at, durationMs });
}

/** Gives the message with its signature; `null` where its task is not there any more. */
async function signedMessage(
  { store, render, formMessage }: AttemptDependencies,
  delivery: WebhookDelivery,
  at: number,
): Promise<Required<FaceMessage> | null> {
  const { id, taskId, keyId, endpointId } = delivery;
  const formed =
    taskId === null || endpointId !== null ? undefined : await formMessage?.({ taskId, keyId }, at);
  if (formed?.headers !== undefined) return { ...formed, headers: formed.headers };
  const body = formed?.body ?? (await messageOf(delivery, render));
  if (body === null) return null;
  const secrets = await ownSecrets(store, endpointId ?? keyId, at);
  return { body, headers: signatureHeaders({ id, at, body }, secrets) };
}

async function ownSecrets(
  store: AttemptDependencies['store'],
  owner: string,
  now: number,
): Promise<string[]> {
  const believed = await store.secretsOf(owner, now);
  if (believed.some(({ expiresAt }) => expiresAt === null)) return believed.map(({ secret }) => secret);
  await store.ensureSecret(owner, newWebhookSecret(), now);
  return (await store.secretsOf(owner, now)).map(({ secret }) => secret);
}

/** `null` where the task is not there any more. */
async function messageOf(
  delivery: WebhookDelivery,
  render: AttemptDependencies['render'],
): Promise<string | null> {
  const { taskId, keyId, endpointId } = delivery;
  const data = delivery.data ?? (taskId === null ? testData(endpointId) : await render(taskId, keyId));
  return data === null ? null : messageText(delivery, data);
}

/** Nobody was called, so this says nothing of the endpoint. */
function recordUncalled({ id }: WebhookDelivery, at: number, error: string): AttemptRecord {
  const attempt = { at, durationMs: 0, status: null, error, answerStart: '' };
  return {
    deliveryId: id,
    endpointId: null,
    attempt,
    next: { state: 'failed', reason: error },
    switchOff: null,
  };
}

function judge(
  { clock, random, retryMs, disableAfterMs }: AttemptDependencies,
  { id, endpointId, event, tries, countedFrom }: WebhookDelivery,
  outcome: WebhookAnswer | TaskError,
  { at, durationMs }: { at: number; durationMs: number },
): AttemptRecord {
  const answer = outcome instanceof TaskError ? null : outcome;
  const status = answer?.status ?? null;
  const error = outcome instanceof TaskError ? outcome.message : statusError(outcome.status);
  const answerStart = safeText(answer?.start ?? '', [], keptOfAnswer);
  const record = {
    deliveryId: id,
    endpointId,
    attempt: { at, durationMs, status, error, answerStart },
    switchOff: null,
  };
  if (error === null) return { ...record, next: { state: 'delivered' } };
  const now = clock.now();
  if (status === 410)
    return {
      ...record,
      next: { state: 'failed', reason: error },
      // Not the beginning of this attempt: another that began later may have failed before.
      switchOff: { failingSince: now, reason: error },
    };
  const retryAfterMs = answer?.retryAfterMs;
  const dueAt =
    event === testEvent
      ? null
      : nextTryAt({ tries: tries + 1, now, countedFrom, retryMs, retryAfterMs, random });
  const hours = Math.round(disableAfterMs / 3_600_000);
  return {
    ...record,
    next: dueAt === null ? { state: 'failed', reason: error } : { state: 'pending', dueAt },
    switchOff: {
      failingSince: at - disableAfterMs,
      reason: `No delivery has succeeded for ${hours} hours. The last one: ${error}`,
    },
  };
}

/** Sentence on the status of a receiver's answer; `null` for a success. */
export function statusError(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status === 410) return 'The receiver answered 410: it wants no more of these.';
  if (status >= 300 && status < 400)
    return `The receiver answered ${status}; redirects are not followed. Give the URL that it leads to.`;
  return `The receiver answered ${status}.`;
}
