// Attempts of deliveries: who may make one, and what it means for its delivery and its endpoint. Both are written for all callers of a
// group at once, since every delivery has one of each. Endpoints are locked before deliveries, and those in the order of their ids.

import type { Claim } from '../../../core/tasks/task-retention.ts';
import {
  type AttemptRecord,
  failuresApartMs,
  type WebhookDelivery,
  type WebhookStore,
} from '../../../core/webhooks/webhook-store.ts';
import { endpointDeleted, endpointOff } from '../../../core/webhooks/webhook.ts';
import { hasState } from '../found-by-id.ts';
import { toDelivery } from './delivery-rows.ts';
import type { PendingOfEndpoint } from './pending-of-endpoint.ts';
import type { Query } from '../database/statements.ts';
import { fromColumn, toColumn } from '../database/text.ts';
import { oneByOne, type Transaction, type WriteAll, type Writer } from '../database/writer.ts';

type Attempts = Pick<WebhookStore, 'claimDelivery' | 'releaseDelivery' | 'recordAttempt'>;

export function createDeliveryAttempts(
  { write }: Pick<Writer, 'write'>,
  pending: PendingOfEndpoint,
): Attempts {
  return {
    claimDelivery: (id, { now, claimMs }) => write(claimDeliveries, { id, now, claimMs }),
    releaseDelivery: (id) => write(releaseDelivery, [id]),
    async recordAttempt(record) {
      const { endpointId, attempt, switchOff } = record;
      const isOff = await write(recordAttempts, record);
      if (isOff && endpointId !== null && switchOff !== null)
        await pending.end(endpointId, attempt.at, endpointOff(switchOff.reason));
      return isOff;
    },
  };
}

/**
 * A delivery that is made while its endpoint is switched off, deleted or sent elsewhere is not seen by that, and the other way round: so
 * the endpoint is looked at again here, and no row of it is locked for every task that ends.
 */
const claimSql = `WITH held AS MATERIALIZED (
    SELECT d.id, a.until, e.url, e.host, d.endpoint_id IS NOT NULL AND e.id IS NULL AS is_deleted, e.disabled_reason
    FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS a (id, now, until)
    JOIN webhook_deliveries d ON d.id = a.id
    LEFT JOIN webhook_endpoints e ON e.id = d.endpoint_id
    WHERE d.id = ANY ($1) AND ${hasState('pending', 'd.')} AND d.due_at <= a.now AND coalesce(d.claimed_until, 0) <= a.now
    ORDER BY d.id FOR NO KEY UPDATE OF d SKIP LOCKED)
  UPDATE webhook_deliveries d SET claimed_until = CASE WHEN is_deleted OR disabled_reason IS NOT NULL THEN NULL ELSE until END,
    url = coalesce(held.url, d.url), host = coalesce(held.host, d.host)
  FROM held WHERE d.id = held.id RETURNING d.*, is_deleted, disabled_reason`;

type DeliveryClaim = { id: string } & Omit<Claim, 'limit'>;

const claimDeliveries: WriteAll<DeliveryClaim, WebhookDelivery | null> = async ({ query }, all) => {
  const claimed = new Map<DeliveryClaim, WebhookDelivery>();
  for (const round of roundsOf(all, ({ id }) => id)) {
    const columns = [
      round.map(({ id }) => id),
      round.map(({ now }) => now),
      round.map(({ now, claimMs }) => now + claimMs),
    ];
    const claims = new Map(round.map((claim) => [claim.id, claim]));
    for (const row of await query(claimSql, columns)) {
      const delivery = toDelivery(row);
      const claim = claims.get(delivery.id);
      if (claim === undefined) continue;
      const off = row['disabled_reason'] as string | null;
      if (row['is_deleted'] === true) await endDelivery(query, claim.id, claim.now, endpointDeleted);
      else if (off !== null) await endDelivery(query, claim.id, claim.now, endpointOff(fromColumn(off)));
      else claimed.set(claim, delivery);
    }
  }
  return all.map((claim) => claimed.get(claim) ?? null);
};

/** Ends a pending delivery, without an attempt. */
async function endDelivery(query: Query, id: string, at: number, reason: string): Promise<void> {
  await query(
    `UPDATE webhook_deliveries SET state = 'failed', finished_at = greatest(created_at, $2), reason = $3 WHERE id = $1 AND ${hasState('pending')}`,
    [id, at, toColumn(reason)],
  );
}

const releaseDelivery = oneByOne(async ({ query }: Transaction, id: string): Promise<void> => {
  await query('UPDATE webhook_deliveries SET claimed_until = NULL WHERE id = $1', [id]);
});

/** True for those that switched their endpoint off. */
const recordAttempts: WriteAll<AttemptRecord, boolean> = async ({ query }, all) => {
  const switchedOff = await recordAtEndpoints(query, all);
  await query('SELECT 1 FROM webhook_deliveries WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE', [
    all.map(({ deliveryId }) => deliveryId),
  ]);
  for (const round of roundsOf(all, ({ deliveryId }) => deliveryId)) await recordAtDeliveries(query, round);
  return all.map((record) => switchedOff.has(record));
};

interface EndpointState {
  failingSince: number | null;
  /** Time of the latest failure. */
  failedAt: number | null;
  disabledAt: number | null;
  /** Set where one of these attempts disabled it. */
  reason: string | null;
}

/** Locks only endpoints that an attempt may change: of one that works, attempts are recorded side by side. */
const endpointsSql = `SELECT id, failing_since, failed_at, disabled_at FROM webhook_endpoints
  WHERE id = ANY ($1) OR (id = ANY ($2) AND failing_since IS NOT NULL) ORDER BY id FOR NO KEY UPDATE`;

/** Gives the records that switched their endpoint off. */
async function recordAtEndpoints(query: Query, all: readonly AttemptRecord[]): Promise<Set<AttemptRecord>> {
  const switchedOff = new Set<AttemptRecord>();
  const idsOf = (some: readonly AttemptRecord[]) => some.flatMap(({ endpointId }) => endpointId ?? []);
  const [failed, succeeded] = [
    all.filter(({ switchOff }) => switchOff !== null),
    all.filter(({ switchOff }) => switchOff === null),
  ].map(idsOf);
  const rows = await query(endpointsSql, [failed, succeeded]);
  if (rows.length === 0) return switchedOff;
  const states = new Map<string | null, EndpointState>();
  for (const row of rows)
    states.set(row['id'] as string, {
      failingSince: row['failing_since'] as number | null,
      failedAt: row['failed_at'] as number | null,
      disabledAt: row['disabled_at'] as number | null,
      reason: null,
    });
  for (const record of all) {
    const state = states.get(record.endpointId);
    if (state !== undefined && isSwitchedOff(state, record)) switchedOff.add(record);
  }
  await storeStates(query, states);
  return switchedOff;
}

/** Changes the state of an endpoint by an attempt; true where that disabled it. */
function isSwitchedOff(state: EndpointState, { attempt: { at }, switchOff }: AttemptRecord): boolean {
  if (switchOff === null) {
    state.failingSince = null;
    return false;
  }
  if (state.failedAt !== null && state.failedAt < at - failuresApartMs) state.failingSince = null;
  state.failingSince ??= at;
  state.failedAt = at;
  if (state.disabledAt !== null || state.failingSince > switchOff.failingSince) return false;
  state.disabledAt = at;
  state.reason = switchOff.reason;
  return true;
}

async function storeStates(query: Query, states: ReadonlyMap<string | null, EndpointState>): Promise<void> {
  const all = [...states.values()];
  await query(
    `UPDATE webhook_endpoints e SET failing_since = s.failing_since, failed_at = s.failed_at, disabled_at = s.disabled_at,
       disabled_reason = coalesce(s.reason, e.disabled_reason)
     FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[]) AS s (id, failing_since, disabled_at, reason, failed_at) WHERE e.id = s.id`,
    [
      [...states.keys()],
      all.map(({ failingSince }) => failingSince),
      all.map(({ disabledAt }) => disabledAt),
      all.map(({ reason }) => (reason === null ? null : toColumn(reason))),
      all.map(({ failedAt }) => failedAt),
    ],
  );
}

/** One that has ended meanwhile stays as it is, and may be sent again at once. */
const recordsSql = `WITH record AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[])
      AS r (id, at, duration_ms, status, error, answer_start, state, due_at, reason)),
  inserted AS (
    INSERT INTO webhook_attempts (delivery_id, number, at, duration_ms, status, error, answer_start)
    SELECT d.id, 1 + (SELECT count(*) FROM webhook_attempts WHERE delivery_id = d.id), r.at, r.duration_ms, r.status, r.error, r.answer_start
    FROM record r JOIN webhook_deliveries d ON d.id = r.id WHERE d.id = ANY ($1)),
  moved AS (
    UPDATE webhook_deliveries d SET state = r.state, claimed_until = NULL, due_at = coalesce(r.due_at, d.due_at), tries = tries + 1,
      reason = r.reason, finished_at = CASE WHEN r.state <> 'pending' THEN greatest(d.created_at, r.at + r.duration_ms) END
    FROM record r WHERE d.id = ANY ($1) AND d.id = r.id AND ${hasState('pending', 'd.')})
  UPDATE webhook_deliveries d SET claimed_until = NULL FROM record r
  WHERE d.id = ANY ($1) AND d.id = r.id AND d.state <> 'pending'`;

async function recordAtDeliveries(query: Query, records: readonly AttemptRecord[]): Promise<void> {
  const ofAttempts = <Value>(value: (attempt: AttemptRecord['attempt']) => Value) =>
    records.map(({ attempt }) => value(attempt));
  const ofNext = <Value>(value: (next: AttemptRecord['next']) => Value) =>
    records.map(({ next }) => value(next));
  await query(recordsSql, [
    records.map(({ deliveryId }) => deliveryId),
    ofAttempts(({ at }) => at),
    ofAttempts(({ durationMs }) => durationMs),
    ofAttempts(({ status }) => status),
    ofAttempts(({ error }) => (error === null ? null : toColumn(error))),
    ofAttempts(({ answerStart }) => toColumn(answerStart)),
    ofNext(({ state }) => state),
    ofNext((next) => (next.state === 'pending' ? next.dueAt : null)),
    ofNext((next) => (next.state === 'failed' ? toColumn(next.reason) : null)),
  ]);
}

/** Splits into rounds of which none has an id twice, and each id comes in its order. */
function roundsOf<Each>(all: readonly Each[], idOf: (each: Each) => string): Each[][] {
  const rounds: Each[][] = [];
  for (const some of Map.groupBy(all, idOf).values())
    for (const [index, each] of some.entries()) (rounds[index] ??= []).push(each);
  return rounds;
}
