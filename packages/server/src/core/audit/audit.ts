// The audit log: one entry for each act of an admin, of a command on the server's machine and of a start that changes who may do what. An
// entry is a part of the transaction of its act where the act is a write. It never holds a secret, a hash, a prompt or a header, and no
// call changes or deletes it.

import type { AuditAct } from '@plantain/client';

/** Every act that is in the log. */
export const acts = [
  'key.create',
  'key.change',
  'key.revoke',
  'key.roll',
  'key.link',
  'key.sign_in',
  'owner.create',
  'owner.change',
  'owner.delete',
  'ledger.adjust',
  'links.rotate',
  'upstream.resume',
  'answer.read',
  'tasks.list',
  'task.read',
  'task.cancel',
  'task.delete',
] as const satisfies readonly AuditAct[];
export type Act = AuditAct;

/** An act and its circumstances. A write that is given one stores an entry with it. */
export interface AuditedAct {
  act: Act;
  /** Id of the key; `cli` for a command, `settings` or `declared` for a start, `open` for everybody in open mode. */
  who: string;
  /** Name of the system's user for `cli`. The store adds a key's name by itself. */
  whoName: string | null;
  /** Address that the call came from; `null` where it was no call. */
  address: string | null;
  requestId: string | null;
  /** Unix milliseconds. */
  at: number;
}

/** Members of the subject as the API names them. */
export type AuditMembers = Readonly<Record<string, unknown>>;

export interface AuditEntry extends AuditedAct {
  /** Id or name of the thing that was acted on; `null` where there is none. */
  subject: string | null;
  /** Members as they were, of those that changed; `null` of what was not there before. */
  before: AuditMembers | null;
  /** Members as they are now, of those that changed; `null` of what is gone. */
  after: AuditMembers | null;
}

export interface StoredAuditEntry extends AuditEntry {
  /** Place of the entry among those of its millisecond. */
  number: number;
}

/** Point of the log between two entries. */
export interface AuditPlace {
  at: number;
  number: number;
}

export interface AuditQuery extends Partial<Pick<AuditEntry, 'act' | 'who'>> {
  subject?: string;
  /** Unix milliseconds: entries of this moment or later. */
  from?: number;
  /** Unix milliseconds: entries before this moment. */
  to?: number;
  /** Entries older than this one. */
  before?: AuditPlace;
  limit: number;
}

export interface AuditStore {
  /** Stores an entry by itself, for an act that is no write. */
  appendAudit(entry: AuditEntry): Promise<void>;
  /** Lists entries, newest first. */
  listAudit(query: AuditQuery): Promise<StoredAuditEntry[]>;
  /** Deletes at most `limit` entries of `madeBy` or earlier, the oldest first; resolves with their number. */
  deleteOldAudit(madeBy: number, limit: number): Promise<number>;
}

/** Whether an entry of a change says that nothing changed; then there was no act. */
export function changedNothing({ before, after }: AuditEntry): boolean {
  return (
    before !== null && after !== null && Object.keys(before).length === 0 && Object.keys(after).length === 0
  );
}

/** Makes the entry of an act that turned `before` into `after`: `null` is nothing. Of members that are in both, equal ones are left out. */
export function auditEntry(
  audited: AuditedAct,
  subject: string | null,
  before: AuditMembers | null,
  after: AuditMembers | null,
): AuditEntry {
  if (before === null || after === null) return { ...audited, subject, before, after };
  const changed = Object.keys({ ...before, ...after }).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const pick = (of: AuditMembers) => Object.fromEntries(changed.map((name) => [name, of[name] ?? null]));
  return { ...audited, subject, before: pick(before), after: pick(after) };
}
