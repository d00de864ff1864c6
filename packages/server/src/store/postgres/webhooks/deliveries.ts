// Statements of deliveries: what waits, lists, tests, replays and their deletion.

import {
  deliveryStates,
  type WebhookAttempt,
  type WebhookEndpoint,
  type WebhookStore,
} from '../../../core/webhooks/webhook-store.ts';
import { receiverOf, testEvent } from '../../../core/webhooks/webhook.ts';
import type { Row } from '../../rows.ts';
import { deleteStep } from '../tasks/delete-in-steps.ts';
import { toDelivery } from './delivery-rows.ts';
import type { Query } from '../database/statements.ts';
import { fromColumn, toColumn } from '../database/text.ts';
import { oneByOne, type Transaction, type Writer } from '../database/writer.ts';
import { maxClaimMs, maxDelayMs } from '../../wrong-clocks.ts';

type Pending = Pick<
  WebhookStore,
  'pendingKeys' | 'nextDeliveriesOfKey' | 'pendingReceivers' | 'dueDeliveries'
>;
type Found = Pick<WebhookStore, 'findDelivery' | 'attemptsOf' | 'listDeliveries'>;
type Written = Pick<
  WebhookStore,
  'insertTest' | 'replayDelivery' | 'replayDeliveries' | 'deleteFinishedDeliveries'
>;

export function createDeliveries(
  query: Query,
  writer: Pick<Writer, 'write'>,
  sweeps: Pick<Writer, 'write'>,
): Pending & Found & Written {
  return { ...createPending(query), ...createFound(query), ...createWritten(writer, sweeps) };
}

const isFree = 'coalesce(claimed_until, 0) <= $2';

function createPending(query: Query): Pending {
  return {
    async pendingReceivers({ after, now, limit }) {
      const rows = await query(firstOfEach('host'), [after, now, limit]);
      return rows.map((row) => ({ host: row['name'] as string, dueAt: row['due_at'] as number }));
    },
    async pendingKeys({ after, now, limit }) {
      const rows = await query(firstOfEach('key_id'), [after, now, limit]);
      return rows.map((row) => ({ keyId: row['name'] as string, dueAt: row['due_at'] as number }));
    },
    async nextDeliveriesOfKey({ keyId, now, limit }) {
      const rows = await query(
        `SELECT * FROM webhook_deliveries WHERE state = 'pending' AND key_id = $1 AND ${isFree} ORDER BY due_at LIMIT $3`,
        [keyId, now, limit],
      );
      return rows.map((row) => Object.assign(toDelivery(row), { host: row['host'] as string }));
    },
    async dueDeliveries({ host, now, limit }) {
      const rows = await query(
        `SELECT * FROM webhook_deliveries WHERE state = 'pending' AND host = $1 AND due_at <= $2 AND ${isFree}
         ORDER BY due_at LIMIT $3`,
        [host, now, limit],
      );
      return rows.map(toDelivery);
    },
  };
}

/** From one name to the next in a step of an index each, however many deliveries wait for it. */
function firstOfEach(column: 'host' | 'key_id'): string {
  const first = (after: string) => `SELECT ${column} AS name, due_at FROM webhook_deliveries
    WHERE state = 'pending' AND ${column} > ${after} AND ${isFree} ORDER BY ${column}, due_at LIMIT 1`;
  return `WITH RECURSIVE step AS ((${first('$1')})
    UNION ALL SELECT next.* FROM step CROSS JOIN LATERAL (${first('step.name')}) next)
    SELECT name, due_at FROM step LIMIT $3`;
}

function createFound(query: Query): Found {
  return {
    async findDelivery(id) {
      const [row] = await query('SELECT * FROM webhook_deliveries WHERE id = $1', [toColumn(id)]);
      return row === undefined ? null : toDelivery(row);
    },
    async attemptsOf(deliveryId) {
      const rows = await query('SELECT * FROM webhook_attempts WHERE delivery_id = $1 ORDER BY number', [
        toColumn(deliveryId),
      ]);
      return rows.map(toAttempt);
    },
    async listDeliveries({ keyId, endpointId, taskId, state, after, limit }) {
      const states = state === undefined ? deliveryStates : [state];
      const { createdAt, id } = after ?? { createdAt: Number.MAX_SAFE_INTEGER, id: '' };
      const common = [keyId, states, createdAt, toColumn(id), limit];
      const [task, endpoint] = [
        toColumn(taskId ?? ''),
        endpointId === undefined ? null : toColumn(endpointId),
      ];
      if (taskId !== undefined) return (await query(ofTask, [...common, task, endpoint])).map(toDelivery);
      const rows = await (endpoint === null
        ? query(ofKey, common)
        : query(ofEndpoint, [...common, endpoint]));
      return rows.map(toDelivery);
    },
  };
}

/** Each state's newest through its own index, and of them all the newest: no filter ever walks over what it leaves out. */
function listSql(which: string): string {
  return `SELECT d.* FROM unnest($2::text[]) AS s (state) CROSS JOIN LATERAL (
      SELECT * FROM webhook_deliveries WHERE ${which} AND state = s.state AND (created_at, id) < ($3, $4)
      ORDER BY created_at DESC, id DESC LIMIT $5) d
    ORDER BY created_at DESC, id DESC LIMIT $5`;
}

const ofKey = listSql('key_id = $1');
const ofEndpoint = listSql('endpoint_id = $6 AND key_id = $1');
const ofTask = listSql('task_id = $6 AND key_id = $1 AND ($7::text IS NULL OR endpoint_id = $7)');

function toAttempt(row: Row): WebhookAttempt {
  const error = row['error'] as string | null;
  return {
    at: row['at'] as number,
    durationMs: row['duration_ms'] as number,
    status: row['status'] as number | null,
    error: error === null ? null : fromColumn(error),
    answerStart: fromColumn(row['answer_start'] as string),
  };
}

function createWritten({ write }: Pick<Writer, 'write'>, sweeps: Pick<Writer, 'write'>): Written {
  return {
    insertTest: (id, endpoint, at) => write(insertTest, [id, endpoint, at]),
    replayDelivery: (id, at) => write(replayDelivery, [id, at]),
    replayDeliveries: (filter) => sweeps.write(replayDeliveries, [filter]),
    deleteFinishedDeliveries: ({ finishedBy, limit }) => sweeps.write(deleteFinished, [finishedBy, limit]),
  };
}

const insertTest = oneByOne(
  async (
    { query }: Transaction,
    id: string,
    endpoint: Pick<WebhookEndpoint, 'id' | 'keyId' | 'url'>,
    at: number,
  ): Promise<void> => {
    await query(
      `INSERT INTO webhook_deliveries (id, key_id, endpoint_id, event, url, host, state, created_at, counted_from, due_at)
       VALUES ($1, $2, $3, '${testEvent}', $4, $5, 'pending', $6, $6, 0)`,
      [id, endpoint.keyId, endpoint.id, toColumn(endpoint.url), receiverOf(endpoint.url), at],
    );
  },
);

/** Makes what is found due at `$1`. It is locked first: of two replays at once, the second sees what the first has done. */
function replaySql(which: string): string {
  return `WITH found AS MATERIALIZED (
      SELECT d.id, e.url, e.host FROM webhook_deliveries d LEFT JOIN webhook_endpoints e ON e.id = d.endpoint_id
      WHERE (d.endpoint_id IS NULL OR (e.id IS NOT NULL AND e.disabled_at IS NULL)) AND ${which} FOR NO KEY UPDATE OF d)
    UPDATE webhook_deliveries d SET state = 'pending', tries = 0, counted_from = greatest(created_at, $1), due_at = $1,
      finished_at = NULL, reason = NULL, url = coalesce(found.url, d.url), host = coalesce(found.host, d.host)
    FROM found WHERE d.id = found.id RETURNING d.id`;
}

const replayDelivery = oneByOne(async ({ query }: Transaction, id: string, at: number): Promise<boolean> => {
  const replayed = await query(replaySql('d.id = $2'), [at, id]);
  return replayed.length === 1;
});

type Replay = Parameters<WebhookStore['replayDeliveries']>[0];

const replayDeliveries = oneByOne(async ({ query }: Transaction, filter: Replay): Promise<number> => {
  const { keyId, endpointId, state, from, to, at, limit } = filter;
  const owner = endpointId === undefined ? 'd.key_id = $2' : 'd.endpoint_id = $2';
  const range = `${owner} AND d.state = $3 AND d.created_at BETWEEN $4 AND $5 AND d.counted_from < $1
    AND d.event <> '${testEvent}' ORDER BY d.created_at, d.id LIMIT $6`;
  const values = [at, endpointId ?? keyId, state, from, to, limit];
  return (await query(replaySql(range), values)).length;
});

/** Sets back what waits in a future that the clock was in by mistake, up to `limit` deliveries; gives their number. */
export const pullDeliveriesBack = oneByOne(
  async ({ query }: Transaction, now: number, limit: number): Promise<number> => {
    const ahead = `state = 'pending' AND (counted_from > $1::bigint OR due_at > $1::bigint + ${maxDelayMs})`;
    const rows = await query(
      `UPDATE webhook_deliveries SET created_at = least(created_at, $1), counted_from = least(counted_from, $1), due_at = $1
       WHERE id = ANY (ARRAY(SELECT id FROM webhook_deliveries
         WHERE id = ANY (ARRAY(SELECT id FROM webhook_deliveries WHERE ${ahead} LIMIT $2)) AND ${ahead} ORDER BY id FOR NO KEY UPDATE))
       RETURNING id`,
      [now, limit],
    );
    return rows.length;
  },
);

/** Ends claims that would last until a future that the clock was in by mistake. */
export const freeDeliveries = oneByOne(async ({ query }: Transaction, now: number): Promise<void> => {
  await query(
    `UPDATE webhook_deliveries SET claimed_until = NULL WHERE id IN
       (SELECT id FROM webhook_deliveries WHERE claimed_until > $1::bigint + ${maxClaimMs} ORDER BY id FOR NO KEY UPDATE)`,
    [now],
  );
});

const deleteFinished = deleteStep('webhook_deliveries', 'finished_at');
