// Writes to the ledger beside those of submits and of ends.

import type { Adjustment, LedgerEntry, LedgerStore } from '../../../core/ledger/ledger.ts';
import { chargeValues, changedColumns, changeOf } from '../../rows.ts';
import type { WriteParts } from '../writes/write-parts.ts';

export function createLedgerWrites({ database, note, ledger }: WriteParts) {
  const endHold = database.prepare(
    `UPDATE tasks SET hold_until = NULL, charged_micro_usd = :charged, reserved_micro_usd = 0, changed = next_change(),
       updated_at = max(updated_at, :at), view_key = :viewKey, view = :view
     WHERE id = :id AND hold_until IS NOT NULL RETURNING ${changedColumns}`,
  );
  return {
    adjust: (adjustment: Adjustment): LedgerEntry => ledger.adjust(adjustment),
    endHold(id: string, { at, charge, view }: Parameters<LedgerStore['endHold']>[1]): boolean {
      const { charged } = chargeValues(charge);
      const row = endHold.get({ id, at, charged, viewKey: view.key, view: view.text });
      if (row === undefined) return false;
      ledger.charge(id, charge, at);
      note(changeOf(row));
      return true;
    },
  };
}
