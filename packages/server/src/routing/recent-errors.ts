// The failures of the last 15 minutes at one key, for the operator. The log is bounded, so that a storm of failures is
// counted up to the bound and no further.

import type { TaskErrorType, TaskFailure } from '../core/errors.ts';
import { isRecent } from '../lib/clock.ts';

const retentionMs = 15 * 60_000;
const maxStored = 500;

/** The failures of one type. */
export interface RecentError {
  type: TaskErrorType;
  count: number;
  /** Of the latest that gave one. */
  upstreamReason: string | null;
  /** Of the latest, in Unix milliseconds. */
  lastAt: number;
}

export interface RecentErrors {
  add(failure: TaskFailure, now: number): void;
  list(now: number): RecentError[];
}

export function createRecentErrors(): RecentErrors {
  const log: { at: number; type: TaskErrorType; reason: string | null }[] = [];
  return {
    add({ type, upstreamReason }, now) {
      log.push({ at: now, type, reason: upstreamReason ?? null });
      if (log.length > maxStored) log.shift();
    },
    list(now) {
      const byType = new Map<TaskErrorType, RecentError>();
      for (const { at, type, reason } of log) {
        if (!isRecent(at, now, retentionMs)) continue;
        const before = byType.get(type);
        const upstreamReason = reason ?? before?.upstreamReason ?? null;
        byType.set(type, { type, count: (before?.count ?? 0) + 1, upstreamReason, lastAt: at });
      }
      return [...byType.values()];
    },
  };
}
