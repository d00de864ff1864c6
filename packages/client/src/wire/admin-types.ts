// The wire types of `GET /api/me` and of the calls below `/api/admin/`, which need a key with the role `admin`: what the `data`
// member of each answer is. All of it is Plantain's own.

import type { UnixSeconds } from './envelope-types.ts';
import type { TaskErrorType } from './task-types.ts';

/** The query of `GET /api/admin/overview`. */
export interface OverviewQuery {
  /** Unix seconds; a day before `to` where it is left out, at most 90 days before now. */
  from?: number;
  /** Unix seconds; now where it is left out. */
  to?: number;
  /** Seconds between two points; made larger where that is too fine for what is kept, or would give over 200 points. */
  step?: number;
}

/** Counts of tasks in a window of time, and the server at this moment. Counts begin with the version that began to count. */
export interface OverviewData {
  /** Unix seconds, as a decimal string: the beginning of the window, in whole steps. */
  from: UnixSeconds;
  /** Unix seconds, as a decimal string: the end of the window, in whole steps; it may lie ahead. */
  to: UnixSeconds;
  /** Seconds between two points. */
  step: number;
  now: OverviewNow;
  /** Oldest first, a point for every step, also where nothing happened. */
  series: OverviewPoint[];
  /** By how many tasks came and ended, the busiest first. */
  models: OverviewModel[];
  /** Of tasks that failed or were cancelled, the most frequent first. */
  failures: { type: TaskErrorType; count: number }[];
  disk: OverviewDisk;
  nodes: OverviewNode[];
}

export interface OverviewNow {
  pending: number;
  running: number;
  /** Age of the task that is first in line: 0 where none could be taken now. */
  oldest_wait_seconds: number;
  /** Models that tasks wait for or run on. */
  models: { model: string; pending: number; running: number }[];
}

/** Counts from `at` until the next point. */
export interface OverviewPoint {
  at: UnixSeconds;
  /** Tasks that were submitted, whenever they end. */
  submitted: number;
  /** Tasks that ended, whenever they were submitted. */
  succeeded: number;
  failed: number;
  cancelled: number;
  /** Known costs of the tasks that ended, all attempts of them, in millionths of a US dollar. */
  cost_micro_usd: number;
  /** Of tasks that succeeded: from the submit to the end. `null` where no task succeeded. */
  duration_seconds: Percentiles | null;
  /** Of tasks that ended and were started: from the submit to the start of the first call. `null` where there are none. */
  dwell_seconds: Percentiles | null;
  /** Tasks that were pending or running when the step ended, or are now; absent where the series ends before now. */
  open?: number;
}

export interface OverviewModel extends Omit<OverviewPoint, 'at' | 'open'> {
  model: string;
  /** Of tasks that succeeded: from the start of the first call to the end. `null` where no task succeeded. */
  run_seconds: Percentiles | null;
}

/** Each is within 9.1 % of the exact one. */
export interface Percentiles {
  p50: number;
  p90: number;
  p99: number;
}

export interface OverviewDisk {
  /** Of the file system that the data directory is on. */
  free_bytes: number;
  total_bytes: number;
  /** Below this, no task is accepted or taken. */
  min_free_bytes: number;
  database_bytes: number;
  picture_store: 'disk' | 'shared' | 's3';
}

/** One process that serves. */
export interface OverviewNode {
  /** Drawn at each start. */
  id: string;
  /** `api` answers clients, `worker` runs tasks, `all` does both. */
  role: 'all' | 'api' | 'worker';
  host: string;
  pid: number;
  /** Of Plantain. */
  version: string;
  node_version: string;
  start_time: UnixSeconds;
  uptime_seconds: number;
  /** When it last said that it lives. One that has not for ten seconds was stopped, or is cut off from the database. */
  heartbeat_time: UnixSeconds;
  /** Tasks that run on it. */
  running: number;
  /** Memory that the process holds; of it, what its JavaScript uses. */
  memory_bytes: number;
  heap_used_bytes: number;
  /** Tasks that it runs at once at most; 0 where it runs none. */
  concurrency: number;
}

/** The settings that are in effect. */
export interface SettingsData {
  settings: SettingData[];
}

export interface SettingData {
  name: string;
  /** Value in effect; left out where there is none, and where it is a secret. */
  value?: unknown;
  /** Left out where there is none. */
  default?: unknown;
  /** True of a secret that is set. */
  is_hidden: boolean;
  source: 'default' | 'environment' | 'file';
  /** The variable or the file that set it; `null` for a default. */
  set_by: string | null;
  /** The variable that sets it; `null` where only the file can. */
  variable: string | null;
  /** Sentences with Markdown in them, in English. */
  about: string;
}

/** Upstreams in the order of the settings; the answer to a resume has that one only. */
export interface UpstreamsData {
  upstreams: UpstreamData[];
}

export interface UpstreamData {
  name: string;
  kind: string;
  in_flight: number;
  /** Since the last reset. */
  requests_today: number;
  /** Unix seconds, as a decimal string: when the quotas of a day begin anew. */
  next_reset_at: UnixSeconds;
  limits: UpstreamLimits;
  /** Canonical names, and the upstream's own. */
  models: { model: string; upstream_model: string }[];
  keys: UpstreamKeyData[];
}

/** Only the limits that there are. */
export interface UpstreamLimits {
  concurrency?: LimitUse;
  requests_per_minute?: LimitUse;
  pictures_per_minute?: LimitUse;
  daily_requests?: LimitUse;
}

export interface LimitUse {
  limit: number;
  used: number;
}

/**
 * The first that is true: `paused` for every model it serves, `circuit_open` after failures, `probing` while the next call
 * or one under way finds out whether it works again, `limited` by its own limits, else `available`.
 */
export type UpstreamKeyState = 'paused' | 'circuit_open' | 'probing' | 'limited' | 'available';

/** Reason for which a key is left alone, from a closed list. */
export type PauseReason = 'rate_limited' | 'quota' | 'unavailable' | 'model_unknown' | 'auth' | 'billing';

export interface UpstreamKeyData {
  label: string;
  state: UpstreamKeyState;
  in_flight: number;
  requests_today: number;
  /** How many calls at once it is believed to bear now. */
  concurrency_limit: number;
  limits: UpstreamLimits;
  pauses: UpstreamPauseData[];
  circuit: {
    state: 'closed' | 'open' | 'half_open';
    /** Unix seconds, as a decimal string: when calls are let through again; left out when closed. */
    opens_again_at?: UnixSeconds;
  };
  /** By type, of the last 15 minutes. */
  recent_errors: {
    type: TaskErrorType;
    count: number;
    upstream_reason: string | null;
    last_at: UnixSeconds;
  }[];
}

/** Pause of an upstream's key. */
export interface UpstreamPauseData {
  /** The upstream's name; `null` for all. */
  model: string | null;
  reason: PauseReason;
  message: string;
  /** Unix seconds, as a decimal string; `null` for a pause that the operator has to end. */
  until: UnixSeconds | null;
}
