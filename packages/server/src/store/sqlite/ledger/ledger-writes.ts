// Writes to the ledger beside those of submits and of ends.

import type { DatabaseSync } from 'node:sqlite';
import {
  type Adjustment,
  type LedgerEntry,
  type LedgerStore,
  maxAdjustedMicroUsd,
} from '../../../core/ledger/ledger.ts';
import { allTime } from '../../../core/ledger/periods.ts';
import type { AuditedAct } from '../../../core/audit/audit.ts';
import { adjustmentEntry } from '../../../core/audit/ledger-entry.ts';
import type { Standing, StandingDefaults, Subject } from '../../../core/limits/judge-submit.ts';
import { chargeValues, changedColumns, changeOf } from '../../rows.ts';
import { createAppendAudit } from '../writes/audit-writes.ts';
import type { UsageWrites } from '../usage/usage-writes.ts';
import type { WriteParts } from '../writes/write-parts.ts';
import { createKeptBalance } from './balances.ts';
import type { Ledger } from './entries.ts';
import { createStandings } from './standings.ts';

export function createLedgerWrites({ database, note, ledger, usage }: WriteParts) {
  const endHold = database.prepare(
    `UPDATE tasks SET hold_until = NULL, charged_micro_usd = :charged, reserved_micro_usd = 0, changed = next_change(),
       updated_at = max(updated_at, :at), view_key = :viewKey, view = :view
     WHERE id = :id AND hold_until IS NOT NULL RETURNING ${changedColumns}`,
  );
  const standingsOf = createStandings(database, createKeptBalance(database));
  return {
    adjust: createAdjust(database, { ledger, usage }),
    /** Says how subjects stand, and makes the balances that are asked for and not there. */
    keepStandings: (subjects: readonly Subject[], at: number, defaults: StandingDefaults): Standing[] =>
      standingsOf(subjects, at, defaults),
    endHold(id: string, { at, charge, view }: Parameters<LedgerStore['endHold']>[1]): boolean {
      const { charged } = chargeValues(charge);
      const row = endHold.get({ id, at, charged, viewKey: view.key, view: view.text });
      if (row === undefined) return false;
      const entry = ledger.charge(id, charge, at);
      if (entry !== null) usage.entered(id, entry);
      note(changeOf(row));
      return true;
    },
  };
}

export function createAdjust(
  database: DatabaseSync,
  { ledger, usage }: { ledger: Pick<Ledger, 'adjust'>; usage: Pick<UsageWrites, 'adjusted'> },
) {
  const appendAudit = createAppendAudit(database);
  const balanceOf = createKeptBalance(database);
  return (adjustment: Adjustment, audited?: AuditedAct | null): LedgerEntry | null => {
    const { keyId, ownerId, spentDelta } = adjustment;
    const spent = [ownerId, keyId ?? ownerId].map((id) => balanceOf(id, allTime).spent);
    if (spent.some((sum) => Math.abs(sum + spentDelta) > maxAdjustedMicroUsd)) return null;
    if (audited) appendAudit(adjustmentEntry(audited, adjustment));
    const entry = ledger.adjust(adjustment);
    usage.adjusted(entry);
    return entry;
  };
}
