// Entries about the ledger.

import type { Adjustment } from '../ledger/ledger.ts';
import { type AuditedAct, type AuditEntry, auditEntry } from './audit.ts';

/** Makes the entry of an adjustment of what an owner or a key has spent. */
export function adjustmentEntry(
  audited: AuditedAct,
  { keyId, ownerId, spentDelta, reason }: Adjustment,
): AuditEntry {
  return auditEntry(audited, keyId ?? ownerId, null, { micro_usd: spentDelta, reason });
}
