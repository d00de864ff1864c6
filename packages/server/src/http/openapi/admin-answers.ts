// What the calls for operators answer, as schemas; see task-answers.ts.

import * as z from 'zod';
import { taskErrorTypes } from '../../core/errors.ts';
import { unixSeconds } from './task-answers.ts';

const limitUse = z.exactOptional(z.object({ limit: z.number(), used: z.number() }));
const limits = z
  .object({
    concurrency: limitUse,
    requests_per_minute: limitUse,
    pictures_per_minute: limitUse,
    daily_requests: limitUse,
  })
  .describe('Only the limits that there are');

const pause = z.object({
  model: z.string().nullable().describe('The upstream’s name; null for all'),
  reason: z.enum(['rate_limited', 'quota', 'unavailable', 'model_unknown', 'auth', 'billing']),
  message: z.string(),
  until: unixSeconds.nullable().describe('null for a pause that the operator has to end'),
});

const upstreamKey = z.object({
  label: z.string(),
  state: z
    .enum(['paused', 'circuit_open', 'probing', 'limited', 'available'])
    .describe('The first that is true'),
  in_flight: z.number(),
  requests_today: z.number(),
  concurrency_limit: z.number().describe('How many calls at once it is believed to bear now'),
  limits,
  pauses: z.array(pause),
  circuit: z.object({
    state: z.enum(['closed', 'open', 'half_open']),
    opens_again_at: z.exactOptional(unixSeconds),
  }),
  recent_errors: z
    .array(
      z.object({
        type: z.enum(taskErrorTypes),
        count: z.number(),
        upstream_reason: z.string().nullable(),
        last_at: unixSeconds,
      }),
    )
    .describe('By type, of the last 15 minutes'),
});

export const upstreamsData = z.object({
  upstreams: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      in_flight: z.number(),
      requests_today: z.number(),
      next_reset_at: unixSeconds,
      limits,
      models: z
        .array(z.object({ model: z.string(), upstream_model: z.string() }))
        .describe('Canonical names, and the upstream’s own'),
      keys: z.array(upstreamKey),
    }),
  ),
});

const role = z.enum(['admin', 'user']);
const me = {
  key_id: z.string(),
  name: z.string(),
  role,
  hint: z.string().describe('The first characters of the secret; empty where a person chose it'),
  expires_at: unixSeconds.nullable(),
};
const key = { ...me, create_time: unixSeconds, revoked_at: unixSeconds.nullable() };

export const meData = z.object(me).describe('The key that asked');
export const keyData = z.object(key);
export const keysData = z.object({ keys: z.array(keyData).describe('Oldest first') });
export const newKeyData = z.object({
  ...key,
  secret: z.string().describe('The key itself, shown this once'),
});

const percentiles = z
  .object({ p50: z.number(), p90: z.number(), p99: z.number() })
  .nullable()
  .describe('null where no task succeeded');
const counts = {
  submitted: z.number(),
  succeeded: z.number(),
  failed: z.number(),
  cancelled: z.number(),
  cost_micro_usd: z.number().describe('Known costs of the tasks that ended, in millionths of a US dollar'),
  duration_seconds: percentiles,
};
const point = z.object({
  at: unixSeconds,
  ...counts,
  open: z.exactOptional(
    z.number().describe('Tasks that were pending or running when the step ended, or are now'),
  ),
});

export const overviewData = z.object({
  from: unixSeconds,
  to: unixSeconds,
  step: z.number().describe('Seconds between two points'),
  now: z.object({
    pending: z.number(),
    running: z.number(),
    oldest_wait_seconds: z.number(),
    models: z.array(z.object({ model: z.string(), pending: z.number(), running: z.number() })),
  }),
  series: z.array(point).describe('Oldest first, a point for every step'),
  models: z.array(z.object({ model: z.string(), ...counts, run_seconds: percentiles })),
  failures: z.array(z.object({ type: z.enum(taskErrorTypes), count: z.number() })),
  disk: z.object({
    free_bytes: z.number(),
    total_bytes: z.number(),
    min_free_bytes: z.number(),
    database_bytes: z.number(),
    picture_store: z.enum(['disk', 's3']),
  }),
  nodes: z.array(
    z.object({
      host: z.string(),
      pid: z.number(),
      version: z.string(),
      node_version: z.string(),
      start_time: unixSeconds,
      uptime_seconds: z.number(),
      memory_bytes: z.number(),
      heap_used_bytes: z.number(),
      concurrency: z.number(),
    }),
  ),
});

export const settingsData = z.object({
  settings: z.array(
    z.object({
      name: z.string(),
      value: z.exactOptional(z.unknown().describe('What is in effect; left out where it is a secret')),
      default: z.exactOptional(z.unknown()),
      is_hidden: z.boolean().describe('True of a secret that is set'),
      source: z.enum(['default', 'environment', 'file']),
      set_by: z.string().nullable(),
      variable: z.string().nullable(),
      about: z.string(),
    }),
  ),
});
