// Statements that change deliveries of webhooks: tests, attempts, their end.

import type { DatabaseSync } from 'node:sqlite';
import type { Claim } from '../../../core/tasks/task-retention.ts';
import { failuresApartMs } from '../../../core/webhooks/webhook-store.ts';
import { endpointOff, receiverOf, testEvent } from '../../../core/webhooks/webhook.ts';
import type {
  AttemptRecord,
  WebhookDelivery,
  WebhookEndpoint,
} from '../../../core/webhooks/webhook-store.ts';
import { deliveryColumns } from '../reads/webhook-reads.ts';
import { isFree } from './claims.ts';
import { insertDeliverySql } from './enqueue.ts';

const releaseSql = 'UPDATE webhook_deliveries SET claimed_until = NULL WHERE id = ?';

export function createDeliveryWrites(database: DatabaseSync) {
  const insertDelivery = database.prepare(insertDeliverySql);
  const claim = database.prepare(
    `UPDATE webhook_deliveries SET claimed_until = :until WHERE id = :id AND state = 'pending' AND due_at <= :now AND ${isFree}
     RETURNING ${deliveryColumns}`,
  );
  const release = database.prepare(releaseSql);
  const removeFinished = database.prepare(
    `DELETE FROM webhook_deliveries WHERE id IN
       (SELECT id FROM webhook_deliveries WHERE finished_at <= ? ORDER BY finished_at LIMIT ?)`,
  );
  return {
    recordAttempt: createRecordAttempt(database),
    insertTest(id: string, endpoint: Pick<WebhookEndpoint, 'id' | 'keyId' | 'url'>, at: number): void {
      const { id: endpointId, keyId, url } = endpoint;
      const row = { id, keyId, endpointId, taskId: null, event: testEvent, url, host: receiverOf(url) };
      insertDelivery.run({ ...row, at, dueAt: 0 });
    },
    claimDelivery(id: string, { now, claimMs }: Omit<Claim, 'limit'>): WebhookDelivery | null {
      const row = claim.get({ id, now, until: now + claimMs });
      return (row as unknown as WebhookDelivery | undefined) ?? null;
    },
    releaseDelivery(id: string): void {
      release.run(id);
    },
    deleteFinishedDeliveries({ finishedBy, limit }: { finishedBy: number; limit: number }): number {
      return Number(removeFinished.run(finishedBy, limit).changes);
    },
  };
}

/** Records an attempt with what it means for its delivery and its endpoint; true where it switched the endpoint off. */
function createRecordAttempt(database: DatabaseSync) {
  const insertAttempt = database.prepare(
    `INSERT INTO webhook_attempts (delivery_id, number, at, duration_ms, status, error, answer_start)
     SELECT id, 1 + (SELECT count(*) FROM webhook_attempts WHERE delivery_id = :id), :at, :durationMs, :status, :error, :answerStart
     FROM webhook_deliveries WHERE id = :id`,
  );
  const move = database.prepare(
    `UPDATE webhook_deliveries SET state = :state, claimed_until = NULL, due_at = coalesce(:dueAt, due_at), tries = tries + 1, reason = :reason,
       finished_at = iif(:state = 'pending', NULL, max(created_at, :at)) WHERE id = :id AND state = 'pending'`,
  );
  const release = database.prepare(releaseSql);
  const succeeded = database.prepare(
    'UPDATE webhook_endpoints SET failing_since = NULL WHERE id = ? AND failing_since IS NOT NULL',
  );
  const failed = database.prepare(
    `UPDATE webhook_endpoints SET failed_at = :at,
       failing_since = iif(failing_since IS NULL OR failed_at < :at - ${failuresApartMs}, :at, failing_since) WHERE id = :id`,
  );
  const switchOff = database.prepare(
    `UPDATE webhook_endpoints SET disabled_at = :at, disabled_reason = :reason
     WHERE id = :id AND disabled_at IS NULL AND failing_since <= :failingSince`,
  );
  const endPending = prepareEndPending(database);
  return ({ deliveryId: id, endpointId, attempt, next, switchOff: off }: AttemptRecord): boolean => {
    const { at } = attempt;
    insertAttempt.run({ id, ...attempt });
    const dueAt = next.state === 'pending' ? next.dueAt : null;
    const reason = next.state === 'failed' ? next.reason : null;
    const moved = move.run({ id, at: at + attempt.durationMs, state: next.state, dueAt, reason });
    // It has ended meanwhile, and may be sent again at once.
    if (moved.changes === 0) release.run(id);
    if (endpointId === null) return false;
    if (off === null) {
      succeeded.run(endpointId);
      return false;
    }
    failed.run({ at, id: endpointId });
    if (switchOff.run({ id: endpointId, at, ...off }).changes === 0) return false;
    endPending(endpointId, at, endpointOff(off.reason));
    return true;
  };
}

export function prepareEndPending(database: DatabaseSync) {
  const end = database.prepare(
    `UPDATE webhook_deliveries SET state = 'failed', finished_at = max(created_at, :at), reason = :reason
     WHERE endpoint_id = :id AND state = 'pending'`,
  );
  return (id: string, at: number, reason: string) => void end.run({ id, at, reason });
}
