// Every statement that changes webhooks, run by the writer thread. Deliveries are made by `enqueue`, in the transaction of the
// change that they tell of: a change that is on disk has its webhooks on disk.

import type { DatabaseSync } from 'node:sqlite';
import {
  finalEvents,
  newDeliveryId,
  receiverOf,
  testEvent,
  type WebhookEvent,
} from '../../core/webhooks/webhook.ts';
import type {
  AttemptRecord,
  EndpointChange,
  WebhookEndpoint,
  WebhookStore,
} from '../../core/webhooks/webhook-store.ts';

/** Secrets of one owner; whoever rotates more often than that loses the oldest early. */
const maxSecrets = 5;

/** Notes what webhooks tell of a change to a task. To be called in the transaction of the change. */
export type Enqueue = (taskId: string, event: WebhookEvent, at: number) => void;

const insertDeliverySql = `INSERT INTO webhook_deliveries
     (id, key_id, endpoint_id, task_id, event, url, host, state, created_at, counted_from, due_at)
   VALUES (:id, :keyId, :endpointId, :taskId, :event, :url, :host, 'pending', :at, :at, :dueAt)`;

export function createEnqueue(database: DatabaseSync): Enqueue {
  // A request is opened only when it has a callback: to search one of 32,000 characters takes 100 microseconds (measured).
  const listening = database.prepare(
    `SELECT key_id AS keyId, iif(calls_back, request ->> '$.callbackUrl', NULL) AS callbackUrl,
       iif(calls_back, request ->> '$.callbackEvents', NULL) AS callbackEvents
     FROM tasks WHERE id = :id AND (calls_back OR EXISTS
       (SELECT 1 FROM webhook_endpoints WHERE key_id = tasks.key_id AND disabled_at IS NULL))`,
  );
  const endpointsOf = database.prepare(
    'SELECT id AS endpointId, url, host, events FROM webhook_endpoints WHERE key_id = ? AND disabled_at IS NULL',
  );
  const isTold = database.prepare('SELECT 1 FROM webhook_deliveries WHERE task_id = ? AND event = ?');
  const insertDelivery = database.prepare(insertDeliverySql);

  return (taskId, event, at) => {
    const task = listening.get({ id: taskId }) as Listening | undefined;
    if (task === undefined) return;
    // A task that is taken again, after a stop or for another try, has been running before.
    if (event === 'task.running' && isTold.get(taskId, event) !== undefined) return;
    const { keyId, callbackUrl, callbackEvents } = task;
    const common = { keyId, taskId, event, at, dueAt: at };
    const wanted = callbackEvents === null ? finalEvents : (JSON.parse(callbackEvents) as string[]);
    const insert = (receiver: Receiver) =>
      insertDelivery.run({ id: newDeliveryId(), ...common, ...receiver });
    if (callbackUrl !== null && wanted.includes(event))
      insert({ endpointId: null, url: callbackUrl, host: receiverOf(callbackUrl) });
    for (const row of endpointsOf.all(keyId)) {
      const { events, ...receiver } = row as unknown as Receiver & { events: string };
      if ((JSON.parse(events) as string[]).includes(event)) insert(receiver);
    }
  };
}

interface Listening {
  keyId: string;
  callbackUrl: string | null;
  callbackEvents: string | null;
}

interface Receiver {
  endpointId: string | null;
  url: string;
  host: string;
}

export type WebhookWrites = ReturnType<typeof createWebhookWrites>;

export function createWebhookWrites(database: DatabaseSync) {
  return { ...endpointWrites(database), ...deliveryWrites(database) };
}

const offByOwner = 'Its owner switched it off.';

function endpointWrites(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO webhook_endpoints (id, key_id, url, host, events, description, created_at)
     SELECT :id, :keyId, :url, :host, :events, :description, :createdAt
     WHERE (SELECT count(*) FROM webhook_endpoints WHERE key_id = :keyId) < :most`,
  );
  const change = database.prepare(
    `UPDATE webhook_endpoints SET url = coalesce(:url, url), host = coalesce(:host, host), events = coalesce(:events, events),
       description = coalesce(:description, description) WHERE id = :id`,
  );
  const redirect = database.prepare(
    `UPDATE webhook_deliveries SET url = :url, host = :host WHERE endpoint_id = :id AND state = 'pending'`,
  );
  const enable = database.prepare(
    'UPDATE webhook_endpoints SET failing_since = NULL, disabled_at = NULL, disabled_reason = NULL WHERE id = ?',
  );
  const disable = database.prepare(
    'UPDATE webhook_endpoints SET disabled_at = ?, disabled_reason = ? WHERE id = ? AND disabled_at IS NULL',
  );
  const remove = database.prepare('DELETE FROM webhook_endpoints WHERE id = ?');
  const endPending = prepareEndPending(database);
  const removeSecrets = database.prepare('DELETE FROM webhook_secrets WHERE owner = ?');
  const insertSecret = database.prepare(
    `INSERT INTO webhook_secrets (owner, secret, created_at) SELECT :owner, :secret, :at
     WHERE NOT EXISTS (SELECT 1 FROM webhook_secrets WHERE owner = :owner AND expires_at IS NULL)`,
  );
  const retireSecret = database.prepare(
    'UPDATE webhook_secrets SET expires_at = ? WHERE owner = ? AND expires_at IS NULL',
  );
  const removeOldSecrets = database.prepare(
    `DELETE FROM webhook_secrets WHERE owner = :owner AND rowid NOT IN
       (SELECT rowid FROM webhook_secrets WHERE owner = :owner ORDER BY rowid DESC LIMIT ${maxSecrets})`,
  );
  const removeExpiredSecrets = database.prepare('DELETE FROM webhook_secrets WHERE expires_at <= ?');

  return {
    insertEndpoint(endpoint: WebhookEndpoint, secret: string, most: number): boolean {
      const { id, keyId, url, events, description, createdAt } = endpoint;
      const row = { id, keyId, url, host: receiverOf(url), events: JSON.stringify(events), description };
      const inserted = insert.run({ ...row, createdAt, most }).changes === 1;
      if (inserted) insertSecret.run({ owner: id, secret, at: createdAt });
      return inserted;
    },
    changeEndpoint(id: string, { url, events, description, enabled }: EndpointChange, at: number): boolean {
      const target = url === undefined ? { url: null, host: null } : { url, host: receiverOf(url) };
      const row = { id, ...target, events: events === undefined ? null : JSON.stringify(events) };
      if (change.run({ ...row, description: description ?? null }).changes === 0) return false;
      if (url !== undefined) redirect.run({ id, ...target });
      if (enabled === true) enable.run(id);
      if (enabled === false && disable.run(at, offByOwner, id).changes === 1) endPending(id, at, offByOwner);
      return true;
    },
    deleteEndpoint(id: string, at: number): boolean {
      if (remove.run(id).changes === 0) return false;
      removeSecrets.run(id);
      endPending(id, at, 'The endpoint was deleted.');
      return true;
    },
    ensureSecret(owner: string, secret: string, at: number): void {
      insertSecret.run({ owner, secret, at });
    },
    rotateSecret(owner: string, secret: string, times: { at: number; oldExpiresAt: number }): void {
      retireSecret.run(times.oldExpiresAt, owner);
      insertSecret.run({ owner, secret, at: times.at });
      removeOldSecrets.run({ owner });
    },
    deleteExpiredSecrets(now: number): number {
      return Number(removeExpiredSecrets.run(now).changes);
    },
  };
}

function prepareEndPending(database: DatabaseSync) {
  const end = database.prepare(
    `UPDATE webhook_deliveries SET state = 'failed', finished_at = max(created_at, :at), reason = :reason
     WHERE endpoint_id = :id AND state = 'pending'`,
  );
  return (id: string, at: number, reason: string) => void end.run({ id, at, reason });
}

function deliveryWrites(database: DatabaseSync) {
  const insertDelivery = database.prepare(insertDeliverySql);
  const insertAttempt = database.prepare(
    `INSERT INTO webhook_attempts (delivery_id, number, at, duration_ms, status, error, answer_start)
     SELECT id, 1 + (SELECT count(*) FROM webhook_attempts WHERE delivery_id = :id), :at, :durationMs, :status, :error, :answerStart
     FROM webhook_deliveries WHERE id = :id`,
  );
  const move = database.prepare(
    `UPDATE webhook_deliveries SET state = :state, due_at = coalesce(:dueAt, due_at), tries = tries + 1, reason = :reason,
       finished_at = iif(:state = 'pending', NULL, max(created_at, :at)) WHERE id = :id AND state = 'pending'`,
  );
  const succeeded = database.prepare(
    'UPDATE webhook_endpoints SET failing_since = NULL WHERE id = ? AND failing_since IS NOT NULL',
  );
  const failed = database.prepare(
    'UPDATE webhook_endpoints SET failing_since = ? WHERE id = ? AND failing_since IS NULL',
  );
  const switchOff = database.prepare(
    `UPDATE webhook_endpoints SET disabled_at = :at, disabled_reason = :reason
     WHERE id = :id AND disabled_at IS NULL AND failing_since <= :failingSince`,
  );
  const endPending = prepareEndPending(database);
  const removeFinished = database.prepare(
    `DELETE FROM webhook_deliveries WHERE id IN
       (SELECT id FROM webhook_deliveries WHERE finished_at <= ? ORDER BY finished_at LIMIT ?)`,
  );
  const enabled = `(endpoint_id IS NULL OR endpoint_id IN (SELECT id FROM webhook_endpoints WHERE disabled_at IS NULL))`;
  const replay = (which: string) =>
    database.prepare(
      `UPDATE webhook_deliveries SET state = 'pending', tries = 0, counted_from = max(created_at, :at), due_at = :at, finished_at = NULL, reason = NULL,
         url = coalesce((SELECT url FROM webhook_endpoints WHERE id = endpoint_id), url),
         host = coalesce((SELECT host FROM webhook_endpoints WHERE id = endpoint_id), host) WHERE ${which}`,
    );
  const replayOne = replay(`id = :id AND ${enabled}`);
  const replayRange = (owner: string) =>
    replay(
      `id IN (SELECT id FROM webhook_deliveries WHERE ${owner} AND state = :state AND created_at BETWEEN :from AND :to
                AND counted_from < :at AND event <> '${testEvent}' AND ${enabled} LIMIT :limit)`,
    );
  const replayOfKey = replayRange('key_id = :owner');
  const replayOfEndpoint = replayRange('endpoint_id = :owner');

  return {
    insertTest(id: string, endpoint: Pick<WebhookEndpoint, 'id' | 'keyId' | 'url'>, at: number): void {
      const { id: endpointId, keyId, url } = endpoint;
      const row = { id, keyId, endpointId, taskId: null, event: testEvent, url, host: receiverOf(url) };
      insertDelivery.run({ ...row, at, dueAt: 0 });
    },
    recordAttempt({ deliveryId: id, endpointId, attempt, next, switchOff: off }: AttemptRecord): boolean {
      const { at } = attempt;
      insertAttempt.run({ id, ...attempt });
      const dueAt = next.state === 'pending' ? next.dueAt : null;
      const reason = next.state === 'failed' ? next.reason : null;
      move.run({ id, at: at + attempt.durationMs, state: next.state, dueAt, reason });
      if (endpointId === null) return false;
      if (off === null) {
        succeeded.run(endpointId);
        return false;
      }
      failed.run(at, endpointId);
      if (switchOff.run({ id: endpointId, at, ...off }).changes === 0) return false;
      endPending(endpointId, at, `The endpoint was switched off. ${off.reason}`);
      return true;
    },
    replayDelivery(id: string, at: number): boolean {
      return replayOne.run({ id, at }).changes === 1;
    },
    replayDeliveries(filter: Parameters<WebhookStore['replayDeliveries']>[0]): number {
      const { keyId, endpointId, ...range } = filter;
      const statement = endpointId === undefined ? replayOfKey : replayOfEndpoint;
      return Number(statement.run({ ...range, owner: endpointId ?? keyId }).changes);
    },
    deleteFinishedDeliveries({ finishedBy, limit }: { finishedBy: number; limit: number }): number {
      return Number(removeFinished.run(finishedBy, limit).changes);
    },
  };
}
