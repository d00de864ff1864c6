// Statements of the answers to tries.

import type { DatabaseSync } from 'node:sqlite';
import type { NewAnswer, Repeated, TaskIntake } from '../../core/tasks/task-store.ts';
import {
  behindTries,
  findMeanwhile,
  type KeptTry,
  maxTries,
  type NewTry,
  type TryClaim,
  type TryEnd,
  tryPrefix,
} from '../../core/repeats/tries.ts';
import { tryColumns } from '../rows.ts';
import type { Synchronous } from './asynchronous.ts';

/** Finds the answers that were kept for tries of a call. */
export function prepareFindTries(database: DatabaseSync): Synchronous<TaskIntake>['findTries'] {
  const find = database.prepare(
    `SELECT ${tryColumns} FROM kept_answers
     WHERE key_id = ? AND idempotency_key > ? AND idempotency_key < ? AND expires_at > ?
     ORDER BY idempotency_key DESC LIMIT ?`,
  );
  return (keyId, hash, now, limit, before = behindTries(hash)) =>
    find.all(keyId, tryPrefix(hash), before, now, limit) as unknown as KeptTry[];
}

export function createTryWrites(database: DatabaseSync) {
  const findTries = prepareFindTries(database);
  const claim = database.prepare(
    `UPDATE kept_answers SET held_by = :heldBy, held_at = :at, claims = claims + 1
     WHERE key_id = :keyId AND idempotency_key = :idempotencyKey AND claims = :claims`,
  );
  const forget = database.prepare(
    'DELETE FROM kept_answers WHERE key_id = ? AND idempotency_key = ? AND claims = ?',
  );
  const letGo = database.prepare(
    'UPDATE kept_answers SET held_by = NULL WHERE key_id = ? AND idempotency_key = ? AND claims = ?',
  );

  const claimTry = (
    { keyId, idempotencyKey, claims }: TryClaim,
    { heldBy, at }: Pick<NewTry, 'heldBy' | 'at'>,
  ): boolean => claim.run({ keyId, idempotencyKey, claims, heldBy, at }).changes === 1;

  return {
    claimTry,
    endTries(ends: readonly TryEnd[]): void {
      for (const { keyId, idempotencyKey, claims, isGiven } of ends)
        (isGiven ? forget : letGo).run(keyId, idempotencyKey, claims);
    },
    /** Gives the answer to another try of the call that came in meanwhile; `null` where there is none. */
    repeatOther(once: NewAnswer, now: number): Repeated | null {
      const { ofTry } = once;
      if (ofTry === undefined) return null;
      const others = findTries(once.keyId, once.requestHash, now, maxTries);
      const found = findMeanwhile({ ...once, ofTry }, others);
      if (found === null) return null;
      const { kept, isClaimed } = found;
      if (!isClaimed) return { kind: 'repeated', answer: kept };
      claimTry(kept, ofTry);
      return { kind: 'repeated', answer: kept, claims: kept.claims + 1 };
    },
  };
}
