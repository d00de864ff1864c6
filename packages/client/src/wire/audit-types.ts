// The wire types of the audit log: of `GET /api/admin/audit`, which needs a key with the role `admin`.

import type { UnixSeconds } from './envelope-types.ts';

/** Every act that is in the audit log. */
export type AuditAct =
  | 'key.create'
  | 'key.change'
  | 'key.revoke'
  | 'key.roll'
  | 'key.link'
  | 'key.sign_in'
  | 'owner.create'
  | 'owner.change'
  | 'owner.delete'
  | 'ledger.adjust'
  | 'links.rotate'
  | 'upstream.resume'
  | 'answer.read'
  | 'tasks.list'
  | 'task.read'
  | 'task.cancel'
  | 'task.delete';

/** One act. */
export interface AuditEntryData {
  at: UnixSeconds;
  act: AuditAct;
  /** Id of the key; or `cli` for a command, `settings` or `declared` for a start, `open` where nobody shows a key. */
  who: string;
  /** Name of the key at that time, or of the system's user for `cli`; `null` where there is none. */
  who_name: string | null;
  /** Id or name of what was acted on; `null` where there is none. */
  subject: string | null;
  /** Members as they were, of those that changed; `null` of what was made. */
  before: Record<string, unknown> | null;
  /** Members as they are now, of those that changed, or what was asked for; `null` of what is gone. */
  after: Record<string, unknown> | null;
  /** Address that the call came from; `null` where it was no call. */
  address: string | null;
  /** As in the answer and in the server's log; `null` where it was no call. */
  request_id: string | null;
}

export interface AuditData {
  /** Newest first. */
  entries: AuditEntryData[];
  /** For the next page; `null` on the last. */
  next_cursor: string | null;
}
