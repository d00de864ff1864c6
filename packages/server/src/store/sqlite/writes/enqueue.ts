// Makes the deliveries of webhooks, in the transaction of the change that they tell of: a change that is on disk has its webhooks on disk.

import type { DatabaseSync } from 'node:sqlite';
import {
  deletedEvent,
  finalEvents,
  newDeliveryId,
  receiverOf,
  type WebhookEvent,
} from '../../../core/webhooks/webhook.ts';
import type { Row } from '../../rows.ts';
import { adminKeyIds, hearsOfAll, mayHearOfDeletions } from '../../told-of-deletions.ts';

/** Notes what webhooks tell of a change to a task. To be called in the transaction of the change. */
export type Enqueue = (taskId: string, event: WebhookEvent, at: number) => void;

export const insertDeliverySql = `INSERT INTO webhook_deliveries
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

/** Finds the endpoints that are told of deleted tasks of a key, and looks for those of each key once. */
export type ReceiversOf = (keyId: string) => readonly Record<string, string>[];

export interface TellDeletions {
  /** Endpoints as they are at a time, within a transaction. */
  receiversAt(at: number): ReceiversOf;
  /** Tells of tasks that are gone, by their rows with `id` and `key_id`. */
  tell(rows: readonly Row[], at: number, receiversOf?: ReceiversOf): void;
}

export function createTellDeletions(database: DatabaseSync): TellDeletions {
  const find = database.prepare(
    `SELECT e.id AS endpointId, e.key_id AS keyId, e.url, e.host FROM webhook_endpoints AS e LEFT JOIN api_keys AS k ON k.id = e.key_id
     WHERE e.key_id IN (SELECT :keyId UNION ${adminKeyIds}) AND ${mayHearOfDeletions} AND (e.key_id = :keyId OR ${hearsOfAll(':at')})
       AND EXISTS (SELECT 1 FROM json_each(e.events) WHERE value = '${deletedEvent}')`,
  );
  const deliver = database.prepare(
    `INSERT INTO webhook_deliveries
       (id, key_id, endpoint_id, task_id, event, url, host, state, created_at, counted_from, due_at, data)
     VALUES (:id, :keyId, :endpointId, :taskId, '${deletedEvent}', :url, :host, 'pending', :at, :at, :at, json_object('task_id', :taskId))`,
  );
  function receiversAt(at: number): ReceiversOf {
    const known = new Map<string, ReturnType<ReceiversOf>>();
    return (keyId) => {
      const receivers = known.get(keyId) ?? (find.all({ keyId, at }) as Record<string, string>[]);
      known.set(keyId, receivers);
      return receivers;
    };
  }
  return {
    receiversAt,
    tell(rows, at, receiversOf = receiversAt(at)) {
      for (const { id, key_id: keyId } of rows)
        for (const receiver of receiversOf(String(keyId)))
          deliver.run({ ...receiver, id: newDeliveryId(), taskId: String(id), at });
    },
  };
}
