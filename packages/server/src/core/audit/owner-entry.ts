// Entries about owners, and about limits and budgets of owners and keys.

import { budgetMembers, limitMembers } from '../limits/limit-names.ts';
import type { Limited } from '../limits/limits.ts';
import type { Owner } from '../owners/owner-store.ts';
import { type AuditedAct, type AuditEntry, auditEntry, type AuditMembers } from './audit.ts';

/** Limits and budget of an owner or a key, before an act on it and after. */
export interface LimitedTurn {
  before: Limited;
  after: Limited;
}

/** Makes the entry of an act on an owner, and perhaps on what is set for it: `null` is nothing. */
export function ownerEntry(
  audited: AuditedAct,
  before: Owner | null,
  after: Owner | null,
  limited: LimitedTurn | null = null,
): AuditEntry {
  const id = (after ?? before)?.id ?? null;
  return auditEntry(
    audited,
    id,
    before && { ...ownerMembers(before), ...(limited && limitedMembers(limited.before)) },
    after && { ...ownerMembers(after), ...(limited && limitedMembers(limited.after)) },
  );
}

function ownerMembers({ name, weight, shared }: Owner): AuditMembers {
  return { name, weight, shared };
}

export function limitedMembers({ limits, budget }: Limited): AuditMembers {
  return { limits: limitMembers(limits), budget: budget && budgetMembers(budget) };
}
