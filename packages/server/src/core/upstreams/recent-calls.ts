// Calls that a process made of late and that no store counts, as it tells them to the others.

import type { TaskErrorType } from '../errors.ts';

/** Failures of one type, of the last 15 minutes. */
export interface RecentError {
  type: TaskErrorType;
  count: number;
  /** Of the latest that gave one. */
  upstreamReason: string | null;
  /** Of the latest, in Unix milliseconds. */
  lastAt: number;
}

export interface RecentCalls {
  upstream: string;
  /** Label of the credential; `null` for what is limited for all credentials of the upstream together. */
  credential: string | null;
  /** Calls that began in the last minute, and pictures; 0 where they are not limited. */
  requests: number;
  pictures: number;
  errors: readonly RecentError[];
}

/** Joins failures of several processes into one entry for each type, in the order in which the types come first. */
export function joinErrors(errors: readonly RecentError[]): RecentError[] {
  const byType = new Map<TaskErrorType, RecentError>();
  for (const error of errors.toSorted((a, b) => a.lastAt - b.lastAt)) {
    const before = byType.get(error.type);
    const upstreamReason = error.upstreamReason ?? before?.upstreamReason ?? null;
    byType.set(error.type, { ...error, count: (before?.count ?? 0) + error.count, upstreamReason });
  }
  return [...byType.values()];
}
