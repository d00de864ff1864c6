// Statements that read webhooks: endpoints, secrets, deliveries.

import type { DatabaseSync, StatementSync } from 'node:sqlite';
import {
  type DeliveryState,
  deliveryStates,
  type WebhookAttempt,
  type WebhookDelivery,
  type WebhookEndpoint,
  type WebhookSecret,
  type WebhookStore,
} from '../../../core/webhooks/webhook-store.ts';
import type { Synchronous } from '../asynchronous.ts';
import type { Row } from '../../rows.ts';
import { isFree } from '../writes/claims.ts';

const endpointColumns = `id, key_id AS keyId, url, events, description, created_at AS createdAt, failing_since AS failingSince,
  disabled_at AS disabledAt, disabled_reason AS disabledReason`;
export const deliveryColumns = `id, key_id AS keyId, endpoint_id AS endpointId, task_id AS taskId, event, url, state, created_at AS createdAt,
  counted_from AS countedFrom, due_at AS dueAt, finished_at AS finishedAt, reason, tries, data`;

type EndpointReads = Synchronous<Pick<WebhookStore, 'findEndpoint' | 'listEndpoints' | 'secretsOf'>>;
type PendingReads = Synchronous<
  Pick<WebhookStore, 'pendingKeys' | 'nextDeliveriesOfKey' | 'pendingReceivers' | 'dueDeliveries'>
>;
type DeliveryReads = Synchronous<Pick<WebhookStore, 'findDelivery' | 'attemptsOf' | 'listDeliveries'>>;

export function createWebhookReads(database: DatabaseSync): EndpointReads & PendingReads & DeliveryReads {
  return {
    ...createEndpointReads(database),
    ...createPendingReads(database),
    ...createDeliveryReads(database),
  };
}

function createEndpointReads(database: DatabaseSync): EndpointReads {
  const endpointById = database.prepare(`SELECT ${endpointColumns} FROM webhook_endpoints WHERE id = ?`);
  const endpointsOfKey = database.prepare(
    `SELECT ${endpointColumns} FROM webhook_endpoints WHERE key_id = ? ORDER BY created_at, id`,
  );
  const secretsOf = database.prepare(
    `SELECT secret, created_at AS createdAt, expires_at AS expiresAt FROM webhook_secrets
     WHERE owner = ? AND (expires_at IS NULL OR expires_at > ?) ORDER BY expires_at IS NULL DESC, rowid DESC`,
  );
  return {
    findEndpoint(id) {
      const row = endpointById.get(id);
      return row === undefined ? null : toEndpoint(row);
    },
    listEndpoints: (keyId) => endpointsOfKey.all(keyId).map(toEndpoint),
    secretsOf: (owner, now) => secretsOf.all(owner, now) as unknown as WebhookSecret[],
  };
}

/** Reads of what waits, from one key or host to the next in one step of an index each, however many deliveries wait for it. */
function createPendingReads(database: DatabaseSync): PendingReads {
  const nextReceiver = database.prepare(
    `SELECT host, due_at AS dueAt FROM webhook_deliveries WHERE state = 'pending' AND host > :after AND ${isFree} ORDER BY host, due_at LIMIT 1`,
  );
  const due = database.prepare(
    `SELECT ${deliveryColumns} FROM webhook_deliveries WHERE state = 'pending' AND host = :host AND due_at <= :now AND ${isFree}
     ORDER BY due_at LIMIT :limit`,
  );
  const nextKey = database.prepare(
    `SELECT key_id AS keyId, due_at AS dueAt FROM webhook_deliveries WHERE state = 'pending' AND key_id > :after AND ${isFree} ORDER BY key_id, due_at LIMIT 1`,
  );
  const nextOfKey = database.prepare(
    `SELECT ${deliveryColumns}, host FROM webhook_deliveries WHERE state = 'pending' AND key_id = :keyId AND ${isFree} ORDER BY due_at LIMIT :limit`,
  );
  return {
    pendingReceivers: (range) => stepThrough<{ host: string; dueAt: number }>(nextReceiver, 'host', range),
    pendingKeys: (range) => stepThrough<{ keyId: string; dueAt: number }>(nextKey, 'keyId', range),
    nextDeliveriesOfKey: (options) =>
      nextOfKey.all(options) as unknown as (WebhookDelivery & { host: string })[],
    dueDeliveries: (options) => due.all(options) as unknown as WebhookDelivery[],
  };
}

/** Rows of a statement that reads the first row after a name: each row's `name` leads to the next. */
function stepThrough<Found extends object>(
  next: StatementSync,
  name: keyof Found & string,
  { after, now, limit }: { after: string; now: number; limit: number },
): Found[] {
  const found: Found[] = [];
  for (let last = after; found.length < limit;) {
    const row = next.get({ after: last, now });
    if (row === undefined) break;
    found.push(row as Found);
    last = row[name] as string;
  }
  return found;
}

function createDeliveryReads(database: DatabaseSync): DeliveryReads {
  const deliveryById = database.prepare(`SELECT ${deliveryColumns} FROM webhook_deliveries WHERE id = ?`);
  const attemptsOf = database.prepare(
    `SELECT at, duration_ms AS durationMs, status, error, answer_start AS answerStart FROM webhook_attempts
     WHERE delivery_id = ? ORDER BY number`,
  );
  return {
    findDelivery: (id) => (deliveryById.get(id) as unknown as WebhookDelivery | undefined) ?? null,
    attemptsOf: (deliveryId) => attemptsOf.all(deliveryId) as unknown as WebhookAttempt[],
    listDeliveries: createDeliveryList(database),
  };
}

function createDeliveryList(database: DatabaseSync): DeliveryReads['listDeliveries'] {
  const list = (which: string) =>
    database.prepare(
      `SELECT ${deliveryColumns} FROM webhook_deliveries WHERE ${which} AND state = :state AND (created_at, id) < (:createdAt, :id)
       ORDER BY created_at DESC, id DESC LIMIT :limit`,
    );
  const ofKey = list('key_id = :keyId');
  const ofEndpoint = list('endpoint_id = :endpointId AND key_id = :keyId');
  const ofTask = list(
    'task_id = :taskId AND key_id = :keyId AND (:endpointId IS NULL OR endpoint_id = :endpointId)',
  );
  return ({ keyId, endpointId, taskId, state, after, limit }) => {
    const bounds = after ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' };
    const common = { keyId, createdAt: bounds.createdAt, id: bounds.id, limit };
    const read = (each: DeliveryState) => {
      if (taskId !== undefined)
        return ofTask.all({ ...common, state: each, taskId, endpointId: endpointId ?? null });
      return endpointId === undefined
        ? ofKey.all({ ...common, state: each })
        : ofEndpoint.all({ ...common, state: each, endpointId });
    };
    // Each state's newest through its own index, and of them all the newest: no filter ever walks over what it leaves out.
    const rows = (state === undefined ? deliveryStates : [state]).flatMap(
      read,
    ) as unknown as WebhookDelivery[];
    return rows.toSorted(newestFirst).slice(0, limit);
  };
}

function newestFirst(a: WebhookDelivery, b: WebhookDelivery): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1);
}

function toEndpoint(row: Row): WebhookEndpoint {
  return { ...row, events: JSON.parse(row['events'] as string) } as unknown as WebhookEndpoint;
}
