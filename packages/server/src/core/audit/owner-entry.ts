// Entries about owners, and about limits and budgets of owners and keys.

import { budgetMembers, limitMembers } from '../limits/limit-names.ts';
import type { Limited } from '../limits/limits.ts';
import type { Owner } from '../owners/owner-store.ts';
import { type AuditedAct, type AuditEntry, auditEntry, type AuditMembers } from './audit.ts';

/** Makes the entry of an act on an owner: `null` is nothing. */
export function ownerEntry(audited: AuditedAct, before: Owner | null, after: Owner | null): AuditEntry {
  const id = (after ?? before)?.id ?? null;
  return auditEntry(audited, id, before && ownerMembers(before), after && ownerMembers(after));
}

/** Makes the entry of an act that changed what is set for an owner or a key. */
export function limitedEntry(
  audited: AuditedAct,
  subjectId: string,
  before: Limited,
  after: Limited,
): AuditEntry {
  return auditEntry(audited, subjectId, limitedMembers(before), limitedMembers(after));
}

function ownerMembers({ name, weight, shared }: Owner): AuditMembers {
  return { name, weight, shared };
}

function limitedMembers({ limits, budget }: Limited): AuditMembers {
  return { limits: limitMembers(limits), budget: budget && budgetMembers(budget) };
}
