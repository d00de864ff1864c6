// The failures of the last 15 minutes at one key, for the operator. The log is bounded, so that a storm of failures is
// counted up to the bound and no further.

import type { TaskErrorType, TaskFailure } from '../core/errors.ts';
import { joinErrors, type RecentError } from '../core/upstreams/recent-calls.ts';
import { isRecent } from '../lib/clock.ts';

const retentionMs = 15 * 60_000;
const maxStored = 500;

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
      const recent = log.filter(({ at }) => isRecent(at, now, retentionMs));
      return joinErrors(
        recent.map(({ at, type, reason }) => ({ type, count: 1, upstreamReason: reason, lastAt: at })),
      );
    },
  };
}
