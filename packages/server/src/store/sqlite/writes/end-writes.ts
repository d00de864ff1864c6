// Statements that move a task out of `running`, or from `pending` to its end, and those by which sweeps claim what has to end.

import type { DatabaseSync } from 'node:sqlite';
import type { Charge } from '../../../core/ledger/money.ts';
import type { Lease, PutBack, TaskEnd, TaskQueue } from '../../../core/tasks/task-queue.ts';
import { endEvent } from '../../../core/webhooks/webhook.ts';
import { chargeValues, changedColumns, changeOf, type Row, storedBytesOf, toJson } from '../../rows.ts';
import { createCloseAttempt } from './attempt-writes.ts';
import { isFree } from './claims.ts';
import { queuedWhenPutBack } from '../order/queue-state.ts';
import { laneOf } from '../order/lanes.ts';
import { fence, leased } from './lease-fence.ts';
import { createWithAttempts, type TaskRows } from './take-writes.ts';
import type { WriteParts } from './write-parts.ts';

export function createEndWrites({ database, note, enqueue, count, lanes, ledger }: WriteParts) {
  const statements = prepareEnds(database);
  const enterCharge = createEnterCharge(database, ledger);
  const close = createCloseAttempt(database);

  function noteChange(row: Row | undefined): boolean {
    if (row !== undefined) note(changeOf(row));
    return row !== undefined;
  }

  function noteEnd(row: Row | undefined, { attempt, at, outcome, charge }: TaskEnd): boolean {
    if (row === undefined) return false;
    const id = row['id'] as string;
    close(id, attempt, at);
    enterCharge(row, charge, at);
    // One that waited with an operation counted as running too.
    lanes.giveOn(idsOf(row));
    enqueue(id, endEvent(outcome), at);
    count.ended(id, { outcome, charge }, (row['reserved_micro_usd'] as number | null) ?? 0);
    return noteChange(row);
  }

  return {
    finishIfLeased(lease: Lease, end: TaskEnd): boolean {
      return noteEnd(statements.finishLeased.get({ ...fence(lease), ...endValues(end) }), end);
    },
    finishIfPending(taskId: string, end: TaskEnd, changed?: number): boolean {
      const values = { id: taskId, changed: changed ?? null, ...endValues(end) };
      const row = statements.finishPending.get(values);
      if (row !== undefined) lanes.leave(laneOf(row));
      return noteEnd(row, end);
    },
    requestCancelIfRunning(taskId: string, at: number): boolean {
      const row = statements.requestCancel.get({ id: taskId, at });
      if (row !== undefined) note({ ...changeOf(row), cancelRequested: true });
      return row !== undefined;
    },
    putBackIfLeased(lease: Lease, back: PutBack): boolean {
      const { at, dueAt, usesTry, attempt } = back;
      const closes = attempt === undefined ? 0 : 1;
      const row = statements.putBack.get({ ...fence(lease), at, dueAt, closes, giveBack: usesTry ? 0 : 1 });
      if (row === undefined) return false;
      close(lease.taskId, attempt, at);
      if (row['queued'] === 'ready') lanes.join(laneOf(row));
      if (row['queued'] !== 'apart') lanes.giveOn(idsOf(row));
      return noteChange(row);
    },
  };
}

/** Enters the charge where something was reserved or is to be paid: free tasks of whom nothing limits are not looked up. */
function createEnterCharge(database: DatabaseSync, ledger: WriteParts['ledger']) {
  const emptyReserved = database.prepare('UPDATE tasks SET reserved_micro_usd = 0 WHERE id = ?');
  return (row: Row, charge: Charge, at: number): void => {
    if (charge.kind === 'hold') return;
    const isEntered = row['reserved_micro_usd'] !== null;
    const id = row['id'] as string;
    if (isEntered) emptyReserved.run(id);
    if (isEntered || (charge.kind === 'settle' && charge.chargedMicroUsd > 0)) ledger.charge(id, charge, at);
  };
}

function prepareEnds(database: DatabaseSync) {
  const ended = `state = :state, queued = NULL, changed = next_change(), result = :result, stored_bytes = :storedBytes, failure = :failure, finished_at = max(updated_at, :at), updated_at = max(updated_at, :at),
       progress = iif(:state = 'succeeded', 1, 0), lease_token = NULL, lease_expires_at = NULL, claimed_until = NULL,
       view_key = :viewKey, view = :view, charged_micro_usd = :charged, hold_until = :holdUntil`;
  const prepare = (sql: string) =>
    database.prepare(
      `${sql} RETURNING ${changedColumns}, model, inputs, owner_id, queued, reserved_micro_usd`,
    );
  return {
    finishLeased: prepare(`UPDATE tasks SET ${ended} WHERE ${leased}`),
    finishPending: prepare(
      `UPDATE tasks SET ${ended} WHERE id = :id AND state = 'pending' AND changed = coalesce(:changed, changed)`,
    ),
    putBack: prepare(
      `UPDATE tasks SET state = 'pending', queued = ${queuedWhenPutBack}, changed = next_change(), updated_at = max(updated_at, :at),
         due_at = :dueAt, progress = 0, tries_used = tries_used - :giveBack, lease_token = NULL, lease_expires_at = NULL WHERE ${leased}`,
    ),
    requestCancel: prepare(
      `UPDATE tasks SET cancel_requested_at = coalesce(cancel_requested_at, :at), changed = next_change(),
         updated_at = max(updated_at, :at) WHERE id = :id AND state = 'running'`,
    ),
  };
}

export function createSweepWrites({ database }: WriteParts) {
  const claim = (which: string) =>
    database.prepare(
      `UPDATE tasks SET claimed_until = :until
       WHERE id IN (SELECT id FROM tasks ${which} AND state = 'pending' AND ${isFree}
                    ORDER BY deadline_at LIMIT :limit)
       RETURNING *`,
    );
  const byDeadline = claim('INDEXED BY tasks_deadline WHERE deadline_at <= :by');
  const byNeed = claim(
    `INDEXED BY tasks_deadline WHERE deadline_at <= :by AND model = :model AND inputs = :inputs
       AND NOT EXISTS (SELECT 1 FROM attempts WHERE task_id = tasks.id AND outcome IS NULL)`,
  );
  const toCancel = claim('WHERE cancel_requested_at IS NOT NULL');
  const withAttempts = createWithAttempts(database);

  return {
    claimPastDeadline({
      by,
      need,
      now,
      claimMs,
      limit,
    }: Parameters<TaskQueue['claimPastDeadline']>[0]): TaskRows[] {
      const terms = { by, now, until: now + claimMs, limit };
      const rows = need === undefined ? byDeadline.all(terms) : byNeed.all({ ...terms, ...need });
      return rows.map(withAttempts);
    },
    claimCancelled({ now, claimMs, limit }: Parameters<TaskQueue['claimCancelled']>[0]): TaskRows[] {
      return toCancel.all({ now, until: now + claimMs, limit }).map(withAttempts);
    },
  };
}

function idsOf(row: Row): { ownerId: string; keyId: string } {
  return { ownerId: row['owner_id'] as string, keyId: row['key_id'] as string };
}

function endValues({ at, outcome, view, charge }: TaskEnd) {
  return {
    at,
    storedBytes: storedBytesOf({ outcome }),
    ...chargeValues(charge),
    state: outcome.state,
    result: toJson(outcome.state === 'succeeded' ? outcome.result : null),
    failure: toJson(outcome.state === 'error' ? outcome.failure : null),
    viewKey: view.key,
    view: view.text,
  };
}
