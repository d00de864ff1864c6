// Acts of commands for the audit log: who did them is the user of the system.

import { userInfo } from 'node:os';
import type { Act, AuditedAct } from '../core/audit/audit.ts';

export function actByCommand(act: Act): AuditedAct {
  return { act, who: 'cli', whoName: userName(), address: null, requestId: null, at: Date.now() };
}

/** Name of the user; `null` where the system has none for its number, as in some containers. */
function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}
