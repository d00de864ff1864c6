// Entries about sign-in links and about who signed in. Of their secrets they hold nothing.

import { secondsText } from '../../lib/time/unix-time.ts';
import type { Session, SignInLink } from '../sessions/session-store.ts';
import { type AuditedAct, type AuditEntry, auditEntry } from './audit.ts';

/** Makes the entry of a link that was made for a key. */
export function linkEntry(
  audited: AuditedAct,
  { keyId, expiresAt }: Pick<SignInLink, 'keyId' | 'expiresAt'>,
): AuditEntry {
  return auditEntry(audited, keyId, null, { expires_at: secondsText(expiresAt) });
}

/** Makes the entry of a session that was begun with a key. */
export function signInEntry(
  audited: AuditedAct,
  { id, keyId, by }: Pick<Session, 'id' | 'keyId' | 'by'>,
): AuditEntry {
  return auditEntry(audited, keyId, null, { session_id: id, signed_in_by: by });
}
