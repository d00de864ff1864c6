// The log as a listener of the server's events: one line for each that has a level.

import type { Emit, Events } from './core/events.ts';

type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** Shaped so that a pino logger is one. */
type Log = Readonly<Record<Level, (fields: object, event: string) => void>>;

type LevelOf<Name extends keyof Events> = Level | 'silent' | ((fields: Events[Name]) => Level);

/** Level of every event; docs/operating.md says what each means. Of a `silent` one no line is written: it is there for other listeners. */
export const eventLevels: { readonly [Name in keyof Events]: LevelOf<Name> } = {
  task_accepted: 'silent',
  task_taken: 'silent',
  task_ended: 'silent',
  hold_ended: 'silent',
  attempt_ended: 'silent',
  webhook_attempt: 'debug',
  task_run: 'info',
  deadlines_passed: 'info',
  retention: 'info',
  hangup_ignored: 'info',
  database_back: 'info',
  schema_step: 'info',
  // A refused credential or an account without credit is the operator's to mend; the rest passes, or is the task's own.
  attempt_failed: ({ type }) => (type === 'upstream_auth' || type === 'upstream_billing' ? 'error' : 'warn'),
  unread_answer_kept: 'warn',
  leases_rescued: 'warn',
  wrong_keys: 'warn',
  proxy_not_trusted: 'warn',
  clock_behind: 'warn',
  data_readable: 'warn',
  settled_key_revoked: 'warn',
  webhook_endpoint_off: 'warn',
  pictures_left: 'warn',
  mcp_failed: 'warn',
  traces_lost: 'warn',
  task_fault: 'error',
  task_write_failed: 'error',
  take_failed: 'error',
  renew_failed: 'error',
  sweep_failed: 'error',
  pull_back_failed: 'error',
  retention_failed: 'error',
  event_stream_failed: 'error',
  webhook_fault: 'error',
  webhook_record_failed: 'error',
  unread_answer_failed: 'error',
  request_failed: 'error',
  store_damaged: 'error',
  database_away: 'error',
  database_refused: 'error',
  database_pooled: 'warn',
  store_died: 'fatal',
  server_fault: 'fatal',
};

export function createEventLog(log: Log): Emit {
  return <Name extends keyof Events>(name: Name, fields: Events[Name]) => {
    const level: LevelOf<Name> = eventLevels[name];
    if (level === 'silent') return;
    log[typeof level === 'function' ? level(fields) : level](fields, name);
  };
}
