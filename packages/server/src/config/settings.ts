// Every setting, one entry each: its name in the file, its type, its default, and what it is for. The variable in the
// environment is the name in capitals behind PLANTAIN_, unless the entry says otherwise; docs/settings.md is made from this table.

import * as z from 'zod';
import { parseAllowedHosts } from '../lib/addresses.ts';
import type { ResolvedUpstreams } from './configured-upstream.ts';
import {
  hideKeys,
  priceEntries,
  routeEntries,
  upstreamEntries,
  type UpstreamEntry,
} from './upstream-settings.ts';
import { key, keyPool, oneOf, trueOrFalse, webAddress, wholeNumber } from './value-types.ts';

const hostList = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(/[\s,]+/).filter((entry) => entry !== '') : value),
  z.array(z.string('must be a list of hosts'), 'must be a list of hosts').superRefine((hosts, context) => {
    for (const message of parseAllowedHosts(hosts).faults) context.addIssue({ code: 'custom', message });
  }),
);
const portList = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(/[\s,]+/).filter((entry) => entry !== '') : value),
  z.array(wholeNumber(1, 65_535), 'must be a list of ports').min(1, 'must have at least one port'),
);
const days = 24 * 3600;
const mebibyte = 2 ** 20;

export interface Setting {
  schema: z.ZodType;
  /** Left out where the setting has no value unless one is given. */
  default?: unknown;
  /** The variable in the environment, where it is not PLANTAIN_ and the name. */
  variable?: string;
  secret?: true;
  /** What of it may be shown, where a part of it is secret. */
  shown?: (value: never) => unknown;
  about: string;
}

export const settings = {
  host: {
    schema: z.string().min(1),
    default: '127.0.0.1',
    about: 'Address to listen on. `0.0.0.0` or `::` for every interface.',
  },
  port: { schema: wholeNumber(0, 65_535), default: 8787, about: 'Port to listen on; 0 takes any free one.' },
  public_url: {
    schema: webAddress,
    about: 'What result links begin with, as clients reach this server. Default: the address it listens on.',
  },
  data_dir: {
    schema: z.string().min(1),
    default: './data',
    about: 'Folder of the database, the pictures and the link secret.',
  },
  auth: {
    schema: oneOf('keys', 'open'),
    default: 'keys',
    about:
      '`open` runs without API keys: whoever reaches the port may use it, by an address, `localhost`, or the name in `public_url` or `host`.',
  },
  admin_key: {
    schema: key.min(32, 'must have at least 32 characters'),
    secret: true,
    about: 'The admin’s API key, instead of one made at the first start.',
  },
  query_keys: {
    schema: trueOrFalse,
    default: true,
    about:
      'Whether the three status calls whose programs send their key in the query string take it from there; never an admin’s. Logs of proxies keep such keys.',
  },
  trusted_proxies: {
    schema: wholeNumber(0, 10),
    default: 0,
    about: 'How many proxies in front of this server append to X-Forwarded-For.',
  },
  default_model: {
    schema: z.string().min(1),
    default: 'nano-banana-2.1',
    about: 'The model of requests that name none.',
  },
  concurrency: { schema: wholeNumber(1, 1_000), default: 8, about: 'Tasks that run at once.' },
  max_pending: {
    schema: wholeNumber(1, 10_000_000),
    default: 100_000,
    about: 'Tasks that may wait; above it a submit is answered with 503.',
  },
  max_waiting_per_key: {
    schema: wholeNumber(1, 1_000_000),
    default: 1_000,
    about:
      'Long polls and event streams that a key may have open; one more is answered with 429. Streams that others opened by its links are counted apart, up to the same number, and 20 of one task.',
  },
  idempotency_lifetime_seconds: {
    schema: wholeNumber(60, 30 * days),
    default: 1 * days,
    about: 'How long a submit that is sent again with the same `Idempotency-Key` is given its first answer.',
  },
  deadline_seconds: {
    schema: wholeNumber(1, 7 * days),
    default: 900,
    about: 'How long a task may take when its request says nothing.',
  },
  max_deadline_seconds: {
    schema: wholeNumber(1, 7 * days),
    default: 3_600,
    about: 'The most that a request may ask for.',
  },
  max_tries: {
    schema: wholeNumber(1, 100),
    default: 6,
    about: 'How often a task is tried before its failure is final.',
  },
  retry_base_ms: {
    schema: wholeNumber(1, 600_000),
    default: 1_000,
    about: 'Wait before the second try, doubled for each one after it.',
  },
  retry_max_ms: {
    schema: wholeNumber(1, 3_600_000),
    default: 60_000,
    about: 'The longest wait between two tries.',
  },
  lease_ms: {
    schema: wholeNumber(300, 600_000),
    default: 15_000,
    about: 'How long a running task survives without a sign of life from its worker.',
  },
  shutdown_grace_seconds: {
    schema: wholeNumber(0, 3_600),
    default: 30,
    about: 'How long a stop waits for running tasks before it hands them back.',
  },
  prompt_max_characters: { schema: wholeNumber(1, 1_000_000), default: 32_000, about: 'The longest prompt.' },
  max_body_bytes: {
    schema: wholeNumber(1_024, 1_024 * mebibyte),
    default: 64 * mebibyte,
    about: 'The largest request body.',
  },
  max_picture_bytes: {
    schema: wholeNumber(1_024, 512 * mebibyte),
    default: 30 * mebibyte,
    about: 'The largest input picture.',
  },
  max_picture_pixels: {
    schema: wholeNumber(1, 1_000_000_000),
    default: 50_000_000,
    about: 'The most pixels of an input picture.',
  },
  heic: {
    schema: trueOrFalse,
    default: true,
    about:
      'Whether HEIC, as iPhones make it, is read. Its coding, H.265, is under patents in some countries; without it such a picture is refused with words that say what to send.',
  },
  fetch_inputs: {
    schema: oneOf('run', 'accept'),
    default: 'run',
    about:
      'When the pictures behind links are fetched: when the task runs, or before its submit is answered, which then says of every link that can’t be had. Either way the copy serves every later try.',
  },
  fetch_timeout_seconds: {
    schema: wholeNumber(1, 600),
    default: 30,
    about: 'How long one input picture may take to fetch.',
  },
  allowed_private_hosts: {
    schema: hostList,
    default: [],
    about:
      'Inside hosts that links may name: names, addresses or networks, each with an optional port, which is then open there. A name that DNS does not know is listed by name. All other links reach public addresses only.',
  },
  link_ports: {
    schema: portList,
    default: [80, 443, 8080, 8443],
    about: 'The ports that links may name, besides those listed with an inside host.',
  },
  fetch_concurrency: {
    schema: wholeNumber(1, 4_096),
    default: 256,
    about: 'Links that are fetched at once.',
  },
  fetch_concurrency_per_address: {
    schema: wholeNumber(1, 4_096),
    default: 16,
    about: 'Of them, from one address.',
  },
  picture_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 5 * days,
    about: 'How long result pictures are kept and their links work, from the end of the task.',
  },
  file_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 5 * days,
    about: 'How long an uploaded file is kept and its link works, where its request says nothing.',
  },
  max_picture_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 30 * days,
    about: 'The most that a request may ask for with `expires_in_seconds`.',
  },
  task_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 30 * days,
    about: 'How long the record of a task is kept from its end; longer where its pictures are.',
  },
  picture_metadata: {
    schema: trueOrFalse,
    default: false,
    about:
      'Whether prompt, model and task id are written into the metadata of result pictures, where everybody can read them who gets the picture.',
  },
  picture_store: {
    schema: oneOf('disk', 's3'),
    default: 'disk',
    about: 'Where pictures lie: in the data folder, or in a bucket of S3 or of a server that speaks S3.',
  },
  s3_bucket: { schema: z.string().min(1), about: 'The bucket. Needed where `picture_store` is `s3`.' },
  s3_region: {
    schema: z.string().min(1),
    default: 'us-east-1',
    about: 'The bucket’s region; `auto` for Cloudflare R2.',
  },
  s3_endpoint: {
    schema: webAddress,
    about: 'Where another server than Amazon’s is reached that speaks S3.',
  },
  s3_path_style: {
    schema: oneOf('true', 'false', 'auto'),
    default: 'auto',
    about:
      'Whether the bucket stands in the path and not in the host name. `auto`: in the path where there is an `s3_endpoint`.',
  },
  s3_prefix: {
    schema: z.string().min(1),
    default: 'plantain/',
    about: 'What the names of all objects begin with. What lies below it is this server’s alone.',
  },
  s3_access_key_id: {
    schema: key,
    about: 'With its secret, what calls are signed with. Default: the usual variables and files of AWS.',
  },
  s3_secret_access_key: { schema: key, secret: true, about: 'Belongs to `s3_access_key_id`.' },
  s3_links: {
    schema: oneOf('proxy', 'redirect'),
    default: 'proxy',
    about:
      '`redirect` sends whoever opens the link of a picture on to the bucket, by a signed link of its own. With `proxy`, and for smaller sizes and other formats, the bytes come through this server.',
  },
  min_free_disk_bytes: {
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    default: 256 * mebibyte,
    about: 'With less free in the data folder, submits are answered with 503 and no task is taken.',
  },
  sandbox_duration_ms: {
    schema: wholeNumber(0, 3_600_000),
    default: 4_000,
    about: 'How long the sandbox takes for a picture.',
  },
  gemini_api_key: {
    schema: keyPool,
    variable: 'GEMINI_API_KEY',
    secret: true,
    about: 'A key, or several, of the Gemini API: makes the upstream `gemini`.',
  },
  gemini_base_url: {
    schema: webAddress,
    variable: 'GEMINI_BASE_URL',
    about: 'Where the upstream `gemini` is reached. Default: Google.',
  },
  openai_api_key: {
    schema: keyPool,
    variable: 'OPENAI_API_KEY',
    secret: true,
    about: 'A key, or several, of the OpenAI API: makes the upstream `openai`.',
  },
  openai_base_url: {
    schema: webAddress,
    variable: 'OPENAI_BASE_URL',
    about:
      'Where the upstream `openai` is reached, its version included: `http://localai:8080/v1`. Makes that upstream without a key too. Default: OpenAI.',
  },
  nano_banana_api_key: {
    schema: keyPool,
    variable: 'NANO_BANANA_API_KEY',
    secret: true,
    about:
      'A key, or several, of a nano-banana task API: with the address, it makes the upstream `nano-banana`.',
  },
  nano_banana_base_url: {
    schema: webAddress,
    variable: 'NANO_BANANA_BASE_URL',
    about: 'Where the upstream `nano-banana` is reached: another Plantain, or another server of that API.',
  },
  fal_key: {
    schema: keyPool,
    variable: 'FAL_KEY',
    secret: true,
    about: 'A key, or several, of fal: makes the upstream `fal`.',
  },
  replicate_api_token: {
    schema: keyPool,
    variable: 'REPLICATE_API_TOKEN',
    secret: true,
    about: 'A token, or several, of Replicate: makes the upstream `replicate`.',
  },
  upstreams: {
    schema: upstreamEntries,
    default: {},
    variable: '',
    shown: (entries: Readonly<Record<string, UpstreamEntry>>) => hideKeys(entries),
    about: 'Where pictures are made, with keys and limits; [upstreams](upstreams/README.md) has the members.',
  },
  routes: {
    schema: routeEntries,
    default: {},
    variable: '',
    about:
      'Which upstreams serve a model, and in which order; [upstreams](upstreams/README.md) has the members.',
  },
  prices: {
    schema: priceEntries,
    default: {},
    variable: '',
    about:
      'What models cost at an upstream, over the shipped prices; [upstreams](upstreams/README.md) has the members.',
  },
  unknown_retries: {
    schema: wholeNumber(0, 10),
    default: 1,
    about:
      'How often a task is tried again whose call broke off after it was sent. Such a call may be paid twice.',
  },
  unread_answer_retries: {
    schema: wholeNumber(0, 10),
    default: 0,
    about:
      'How often a task is tried again whose upstream gave a whole answer that can’t be used, or pictures that can’t be fetched. Such a call was most likely paid for already.',
  },
  unread_answer_bytes: {
    schema: wholeNumber(0, mebibyte),
    default: 65_536,
    about:
      'How much text of such an answer is kept for the operator, without keys and the prompt; 0 keeps no answers.',
  },
  unread_answer_text: {
    schema: trueOrFalse,
    default: false,
    about:
      'Whether the operator is shown that text. Otherwise only what came: status, headers, length, hash, and the names and types of members.',
  },
  operation_patience_seconds: {
    schema: wholeNumber(1, 7 * days),
    default: 300,
    about:
      'How long questions after a job at an upstream may fail before the job counts as lost, and links to finished pictures before they are given up.',
  },
  webhook_timeout_seconds: {
    schema: wholeNumber(1, 120),
    default: 15,
    about: 'How long a receiver of a webhook may take to answer.',
  },
  webhook_retry_seconds: {
    schema: wholeNumber(60, 30 * days),
    default: 3 * days,
    about: 'For how long after its event a webhook is tried.',
  },
  webhook_disable_after_seconds: {
    schema: wholeNumber(3_600, 365 * days),
    default: 5 * days,
    about: 'After how long without a success a webhook endpoint is switched off.',
  },
  delivery_lifetime_seconds: {
    schema: wholeNumber(60, 3_650 * days),
    default: 7 * days,
    about: 'How long the record of a webhook’s delivery is kept from its end.',
  },
  log_level: {
    schema: oneOf('debug', 'info', 'warn', 'error', 'silent'),
    default: 'info',
    about: 'What the log on stderr says.',
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;

type Value<S> = S extends { schema: infer T extends z.ZodType }
  ? S extends { default: unknown }
    ? z.output<T>
    : z.output<T> | undefined
  : never;

/** What was given for each setting, or its default. Durations and sizes are in the unit that the name ends in. */
export type GivenSettings = { readonly [Name in SettingName]: Value<(typeof settings)[Name]> };

/** The effective settings. */
export type Config = GivenSettings & {
  /** What the settings of upstreams, routes and prices come to. */
  readonly resolved: ResolvedUpstreams;
};

/** The variable that sets it, `undefined` where only the file can. */
export function variableOf(name: SettingName): string | undefined {
  const { variable }: Setting = settings[name];
  return variable === '' ? undefined : (variable ?? `PLANTAIN_${name.toUpperCase()}`);
}
