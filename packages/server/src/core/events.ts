// Events: each thing that happens in the server is emitted once, with typed fields, by the part that sees it. Emitters know none of
// the listeners: the log is one (`event-log.ts`). Fields never hold a body, a prompt, a key or base64: an error is its name, or words
// that went through `safeText`.

import { isDatabaseAway, type TaskErrorType } from './errors.ts';
import type { AttemptOutcome } from './tasks/task.ts';
import type { EndpointEvent, testEvent } from './webhooks/webhook.ts';

interface TaskEvents {
  /** A task was stored. `owner` is the id of the API key; `reservedMicroUsd` is `null` where nobody knows a price. */
  task_accepted: { task: string; owner: string; model: string; reservedMicroUsd: number | null };
  /**
   * The store ended a task, whoever had it do so. `owner` is the id of the API key, `ownerId` that of its owner. `waitedMs` is the time from
   * the submit to the first call, `ranMs` from there to the end, both `null` where no call was made; `pictures` and `bytes` are those that
   * it shows, and `chargedMicroUsd` is `null` while it is held.
   */
  task_ended: {
    task: string;
    owner: string;
    ownerId: string;
    model: string;
    state: 'succeeded' | 'error';
    type: TaskErrorType | null;
    waitedMs: number | null;
    ranMs: number | null;
    pictures: number;
    bytes: number;
    chargedMicroUsd: number | null;
  };
  /** A sum was no longer held for a task that had ended; its owner was charged, or not. */
  hold_ended: { task: string; model: string; chargedMicroUsd: number };
  /**
   * A worker took a task. `attempt` is the one that its next call is, or that is open and has an operation, which is resumed. Its upstream
   * and `key`, the credential's label, are `null` where nothing serves the task. `waitedMs` is the time since the task was due, `ageMs`
   * since it was submitted; `owner` is the id of the API key that did so.
   */
  task_taken: {
    task: string;
    owner: string;
    model: string;
    attempt: number;
    isResumed: boolean;
    upstream: string | null;
    upstreamModel: string | null;
    key: string | null;
    waitedMs: number;
    ageMs: number;
  };
  /**
   * The store closed an attempt, whoever had it do so: the run that made the call, a rescue, or the end of a pending task. `type` is that of
   * its failure, `durationMs` the time since it was opened; `key` is `null` in old attempts, which were stored without it, and
   * `costMicroUsd` where the cost is not known.
   */
  attempt_ended: {
    task: string;
    owner: string;
    model: string;
    attempt: number;
    upstream: string;
    upstreamModel: string;
    key: string | null;
    outcome: AttemptOutcome;
    type: TaskErrorType | null;
    maybeBilled: boolean;
    costMicroUsd: number | null;
    durationMs: number;
  };
  /** A run of a task ended: with the task's end, back in the queue, or in other hands. */
  task_run: {
    task: string;
    end: 'succeeded' | 'error' | 'put_back' | 'lease_lost';
    model: string;
    durationMs: number;
  };
  /** `key` is the credential's label; `null` in old attempts, which were stored without it. */
  attempt_failed: {
    task: string;
    attempt: number;
    upstream: string;
    key: string | null;
    type: TaskErrorType;
  };
  /** A fault of this server while it ran a task. */
  task_fault: { task: string; error: string };
  /** The end of a run could not be written. */
  task_write_failed: { task: string; error: string };
  unread_answer_kept: { task: string; attempt: number; status: number | null; bytes: number };
  unread_answer_failed: { task: string; attempt: number; error: string };
  /** Pictures of a deleted task could not be deleted at once. */
  pictures_left: { task: string; error: string };
}

interface WorkerEvents {
  take_failed: { error: string };
  renew_failed: { error: string };
  sweep_failed: { error: string };
  leases_rescued: { rescued: number };
  /** Pending tasks ended at their deadline. */
  deadlines_passed: { expired: number };
}

interface RetentionEvents {
  /** A sweep deleted something: how many, by kind. */
  retention: { pictures?: number; prompts?: number; tasks?: number; inputs?: number; orphans?: number };
  retention_failed: { error: string };
}

interface WebhookEvents {
  /** A call of a receiver was recorded. `ageMs` is the time since the event that it tells of, or since the replay. */
  webhook_attempt: {
    delivery: string;
    about: EndpointEvent | typeof testEvent;
    state: 'pending' | 'delivered' | 'failed';
    ageMs: number;
    status: number | null;
    durationMs: number;
  };
  webhook_endpoint_off: { endpoint: string };
  /** A fault of this server while it looked for deliveries, or made one. */
  webhook_fault: { delivery?: string; error: string };
  webhook_record_failed: { error: string };
}

interface HttpEvents {
  /** A request was answered with 500. */
  request_failed: { requestId: string; route: string | null; error: string };
  /** More wrong keys came from the network of this address within a minute than are answered with 401; told once a minute. */
  wrong_keys: { address: string };
  /** A proxy on a private address forwards requests, and `trusted_proxies` is 0: wrong keys from there are not counted. Told once. */
  proxy_not_trusted: { address: string };
  event_stream_failed: { error: string };
  mcp_failed: { error: string };
}

interface ProcessEvents {
  clock_behind: { behindSeconds: number; error: string };
  pull_back_failed: { error: string };
  /** Others than the server's user can read the data directory; `mend` is the command that changes it. */
  data_readable: { directory: string; mode: string; mend: string };
  /** A key that the settings have was revoked by an act and stays so; `key` is its place in the settings, `mend` what gives it back. */
  settled_key_revoked: { key: string; keyId: string; mend: string };
  store_damaged: { error: string };
  /** A start brings records of an earlier version up to date, which takes a while where there are many. */
  schema_step: { step: number; steps: number };
  /** The database can't be reached, which is told once until it is back. */
  database_away: { error: string };
  database_back: object;
  /** The database is there and did not do what it was asked, which is told once in a minute. */
  database_refused: { error: string };
  /** The connection that hears of changes leads to a pooler. */
  database_pooled: { error: string };
  store_died: { error: string };
  server_fault: { error: string };
  /** Spans could not be sent: how many since that was told last, which is once a minute at the most, and why the last of them. */
  traces_lost: { spans: number; error: string };
  hangup_ignored: object;
}

export interface Events
  extends TaskEvents, WorkerEvents, RetentionEvents, WebhookEvents, HttpEvents, ProcessEvents {}

/** Emits an event: returns at once, and never throws. Listeners have this shape too, so that one emitter can listen to another. */
export type Emit = <Name extends keyof Events>(name: Name, fields: Events[Name]) => void;

/** Emits that a fault had something fail; not while the store's database is away, which is an event of its own, told once. */
export function emitFault<Name extends keyof Events>(
  emit: Emit,
  fault: unknown,
  name: Name,
  fields: Events[Name],
): void {
  if (!isDatabaseAway(fault)) emit(name, fields);
}

/** Hands each event to every listener, in their order. A listener must not wait; one that throws harms nobody. */
export function createEmit(listeners: readonly Emit[]): Emit {
  return (name, fields) => {
    for (const listener of listeners)
      try {
        listener(name, fields);
      } catch {
        // There is nobody to be told: the log is a listener itself.
      }
  };
}
