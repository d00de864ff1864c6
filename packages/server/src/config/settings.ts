// Every setting, one entry each: its name in the file, its type, its default, and what it is for. The variable in the
// environment is the name in capitals behind PLANTAIN_, unless the entry says otherwise; docs/settings.md is made from this table,
// which those of pictures and of upstreams are part of.

import { operatorSees } from '../core/tasks/operator-sees.ts';
import * as z from 'zod';
import type { ResolvedUpstreams } from './configured-upstream.ts';
import { declaredTable } from './declared-table.ts';
import { limitTable } from './limit-settings.ts';
import { moneyTable } from './money-table.ts';
import { pictureTable } from './picture-table.ts';
import { proxyTable } from './proxy-table.ts';
import type { Setting } from './setting.ts';
import { upstreamTable } from './upstream-table.ts';
import {
  databaseAddress,
  databaseAddressOrNone,
  key,
  mappingOf,
  oneOf,
  text,
  trueOrFalse,
  webAddress,
  wholeNumber,
} from './value-types.ts';

const days = 24 * 3600;
const mebibyte = 2 ** 20;
const maxOwnerGroups = 20;

export const settings = {
  host: {
    schema: z.string().min(1),
    default: '127.0.0.1',
    about: 'Address to listen on; `0.0.0.0` or `::` listens on every interface.',
  },
  port: { schema: wholeNumber(0, 65_535), default: 8787, about: 'Port to listen on; 0 takes any free one.' },
  metrics_port: {
    schema: wholeNumber(0, 65_535),
    about:
      'Port at which `/metrics` is served to everybody who reaches it, without a key; 0 takes any free one. Default: only at `port`, for keys with the scope metrics.',
  },
  metrics_host: {
    schema: z.string().min(1),
    default: '127.0.0.1',
    about: 'Address to listen on with `metrics_port`.',
  },
  metrics_owner_groups: {
    schema: mappingOf(text('must be the name of a group', 50)).refine(
      (groups) => new Set(Object.values(groups)).size <= maxOwnerGroups,
      `must name at most ${maxOwnerGroups} groups`,
    ),
    default: {},
    variable: '',
    about:
      'Groups of owners by which metrics tell how long tasks wait, such as `own_1a2b3c: paying`: the id of an owner, or of a key without one, and the name of its group, of which there are 20 at most. All others are the group `other`.',
  },
  public_url: {
    schema: webAddress,
    about:
      'Beginning of result links: the address by which clients reach this server. Default: the address that it listens on.',
  },
  data_dir: {
    schema: z.string().min(1),
    default: './data',
    about: 'Folder of the database, the pictures and the link secret.',
  },
  database_url: {
    schema: databaseAddress,
    secret: true,
    about:
      'Address of a PostgreSQL database, `postgres://user:password@host:port/name`, for everything but the pictures. Default: an embedded database in the data folder.',
  },
  database_listen_url: {
    schema: databaseAddressOrNone,
    secret: true,
    about:
      'Address of the same database without a pooler that hands connections on after each transaction (PgBouncer in transaction mode), for the one connection that hears of changes; `none` where there is no such way: then changes of other servers are heard of once in a second. Default: `database_url`.',
  },
  single_node: {
    schema: trueOrFalse,
    default: false,
    about:
      'Says that no other server works on the PostgreSQL database, so that pictures may be stored in the data folder.',
  },
  role: {
    schema: oneOf('all', 'api', 'worker'),
    default: 'all',
    about:
      'Part of the work that this server does, where several work on one PostgreSQL database: `api` answers clients, `worker` runs tasks, delivers webhooks and deletes what has had its time, `all` does both.',
  },
  auth: {
    schema: oneOf('keys', 'open'),
    default: 'keys',
    about:
      '`open` runs without API keys: everybody who reaches the port may use the server, by an IP address, `localhost`, or the name in `public_url` or `host`.',
  },
  admin_key: {
    schema: key.min(32, 'must have at least 32 characters'),
    secret: true,
    about: 'API key of the admin. Default: one is made at the first start.',
  },
  query_keys: {
    schema: trueOrFalse,
    default: true,
    about:
      'Accepts a key in the query string of three status calls and of those below /gemini, for programs that send it no other way. An admin’s key is never accepted there. The logs of proxies hold such keys.',
  },
  trusted_proxies: {
    schema: wholeNumber(0, 10),
    default: 0,
    about: 'Number of proxies in front of this server that append to X-Forwarded-For.',
  },
  default_model: {
    schema: z.string().min(1),
    default: 'nano-banana-2.1',
    about: 'Model for requests that name none.',
  },
  model_names: {
    schema: mappingOf(text('must be the name of a model', 100)),
    default: {},
    variable: '',
    about:
      'Further names that clients send for models, each with the model that it means, such as `dall-e-3: nano-banana-pro`. They go before all other names; [faces](faces.md#names-of-models) has those that are shipped.',
  },
  concurrency: {
    schema: wholeNumber(1, 1_000),
    default: 8,
    about: 'Maximal number of tasks that run at once.',
  },
  max_pending: {
    schema: wholeNumber(1, 10_000_000),
    default: 100_000,
    about: 'Maximal number of pending tasks; beyond it a submit is answered with 503.',
  },
  max_waiting_per_key: {
    schema: wholeNumber(1, 1_000_000),
    default: 1_000,
    about:
      'Maximal number of open long polls and event streams of a key; one more is answered with 429. Streams that others open by its links are counted separately, up to the same number, and at most 20 for one task.',
  },
  ...declaredTable,
  ...limitTable,
  ...moneyTable,
  idempotency_lifetime_seconds: {
    schema: wholeNumber(60, 30 * days),
    default: 1 * days,
    about: 'Seconds for which a repeated submit with the same `Idempotency-Key` gets the first answer.',
  },
  deadline_seconds: {
    schema: wholeNumber(1, 7 * days),
    default: 900,
    about:
      'Seconds after its submit at which a task that has not ended fails, where its request says nothing.',
  },
  max_deadline_seconds: {
    schema: wholeNumber(1, 7 * days),
    default: 3_600,
    about: 'Longest deadline that a request may ask for, in seconds.',
  },
  max_batch_deadline_seconds: {
    schema: wholeNumber(1, 7 * days),
    default: 1 * days,
    about:
      'Longest deadline that a request of a batch may ask for, in seconds, and of the requests of other APIs’ batches, whose window is their deadline. Where `max_deadline_seconds` is longer, that holds.',
  },
  max_tries: {
    schema: wholeNumber(1, 100),
    default: 6,
    about: 'Maximal number of tries of a task, after which its failure is final.',
  },
  retry_base_ms: {
    schema: wholeNumber(1, 600_000),
    default: 1_000,
    about: 'Milliseconds before the second try; doubled before each further one.',
  },
  retry_max_ms: {
    schema: wholeNumber(1, 3_600_000),
    default: 60_000,
    about: 'Longest delay between two tries, in milliseconds, unless the upstream asks for a longer one.',
  },
  lease_ms: {
    schema: wholeNumber(300, 600_000),
    default: 15_000,
    about: 'Milliseconds after which a running task is rescued if its worker has shown no sign of life.',
  },
  shutdown_grace_seconds: {
    schema: wholeNumber(0, 3_600),
    default: 30,
    about: 'Seconds that a stop waits for running tasks before it puts them back into the queue.',
  },
  prompt_max_characters: {
    schema: wholeNumber(1, 1_000_000),
    default: 32_000,
    about: 'Maximal length of a prompt, in characters.',
  },
  max_body_bytes: {
    schema: wholeNumber(1_024, 1_024 * mebibyte),
    default: 64 * mebibyte,
    about: 'Maximal size of a request body, in bytes.',
  },
  ...pictureTable,
  min_free_disk_bytes: {
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    default: 256 * mebibyte,
    about:
      'Bytes that must be free in the data folder. With less, submits are answered with 503 and no task is taken.',
  },
  ...upstreamTable,
  ...proxyTable,
  webhook_timeout_seconds: {
    schema: wholeNumber(1, 120),
    default: 15,
    about: 'Seconds that a receiver of a webhook may take to answer.',
  },
  webhook_retry_seconds: {
    schema: wholeNumber(60, 30 * days),
    default: 3 * days,
    about: 'Seconds after its event during which a failed webhook is tried again.',
  },
  webhook_disable_after_seconds: {
    schema: wholeNumber(3_600, 365 * days),
    default: 5 * days,
    about:
      'Seconds of failures in a row, with none that succeeded and no day without one, after which a webhook endpoint is switched off.',
  },
  delivery_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 7 * days,
    about: 'Seconds for which the record of a webhook’s delivery is stored after its end.',
  },
  operator_sees: {
    schema: oneOf(...operatorSees),
    default: 'nothing',
    about:
      'How much admin keys see of tasks of other keys: nothing; records (state, model, cost, times, attempts); or everything, with prompts and pictures. Every key is told at /api/me, and each look is in the audit log.',
  },
  audit_lifetime_seconds: {
    schema: wholeNumber(days, 3_650 * days),
    default: 365 * days,
    about: 'Seconds for which an entry of the audit log is stored.',
  },
  log_level: {
    schema: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    default: 'info',
    about: 'Lowest level of the events that are logged on stderr.',
  },
  traces: {
    schema: trueOrFalse,
    default: false,
    about:
      'Whether traces are sent by OpenTelemetry, as OTLP over HTTP. The standard variables `OTEL_EXPORTER_OTLP_*` say where to; without them it is `http://localhost:4318`.',
  },
  log_format: {
    schema: oneOf('auto', 'json', 'pretty'),
    default: 'auto',
    about:
      'Form of the log: `json`, an object a line, for programs; `pretty` for people; `auto` is `pretty` where stderr is a terminal, else `json`.',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

type Value<S> = S extends { schema: infer T extends z.ZodType }
  ? S extends { default: unknown }
    ? z.output<T>
    : z.output<T> | undefined
  : never;

/** The given value of each setting, or its default. Durations and sizes are in the unit that the name ends in. */
export type GivenSettings = { readonly [Name in SettingName]: Value<(typeof settings)[Name]> };

/** The effective settings. */
export type Config = GivenSettings & {
  /** Upstreams, routes and prices as the settings have them, with all that was left out. */
  readonly resolved: ResolvedUpstreams;
};

/** The variable that sets it, `undefined` where only the file can. */
export function variableOf(name: SettingName): string | undefined {
  const { variable }: Setting = settings[name];
  return variable === '' ? undefined : (variable ?? `PLANTAIN_${name.toUpperCase()}`);
}

/** The variables that set it, first the one that goes first. */
export function variablesOf(name: SettingName): string[] {
  const { otherVariable }: Setting = settings[name];
  return [otherVariable, variableOf(name)].filter((variable) => variable !== undefined);
}
