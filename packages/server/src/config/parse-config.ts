// One parser for the environment and the optional file: the environment goes first, every fault is in one report.

import { parse, YAMLParseError } from 'yaml';
import { gptModels } from '../core/models/gpt-models.ts';
import { createModelTable, shippedModels } from '../core/models/models.ts';
import { safeText } from '../lib/safe-text.ts';
import type { ResolvedUpstreams } from './configured-upstream.ts';
import { kindsSetBy } from './resolve-upstream.ts';
import { resolveUpstreams } from './resolve-upstreams.ts';
import { declaredFaults } from './declared-table.ts';
import type { Setting } from './setting.ts';
import { type Config, type GivenSettings, type SettingName, settings, variablesOf } from './settings.ts';
import { unknownNames } from './unknown-names.ts';
import { isPlainName } from './upstream-settings.ts';

export interface ParsedConfig {
  config: Config;
  /** Where each value came from: a variable, the file, or `default`. */
  sources: Record<SettingName, string>;
}

/** Settings that can't be used; the message is the whole report. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `The settings have ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

const names = Object.keys(settings) as SettingName[];

/** `file` is the settings file's name and text. Throws `ConfigError`. */
export function parseConfig(
  environment: Readonly<Record<string, string | undefined>>,
  file?: { name: string; text: string },
): ParsedConfig {
  const faults: string[] = [];
  const fromFile = file === undefined ? {} : readFile(file, faults);
  const given: Record<string, unknown> = {};
  const sources = {} as Record<SettingName, string>;
  const unread = new Map<SettingName, string[]>();
  for (const name of names) {
    const { value, source } = pick(name, environment, fromFile, file?.name);
    sources[name] = source;
    if (value === undefined) continue;
    const read = readSetting(name, value, source);
    if (read.value !== undefined) given[name] = read.value;
    if (read.faults.length > 0) unread.set(name, read.unread);
    faults.push(...read.faults);
  }
  faults.push(...unknownNames(environment, fromFile, file?.name));
  const settingsGiven = given as unknown as GivenSettings;
  const resolved = resolve(settingsGiven, environment, unread, faults);
  faults.push(...contradictions(settingsGiven, unread.get('routes') ?? []));
  // Names of models are shown, and one of them may be a key in the wrong place.
  if (faults.length > 0 || resolved === undefined)
    throw new ConfigError(faults.map((fault) => safeText(fault, [], 2_000)));
  return { config: { ...settingsGiven, resolved }, sources };
}

/** Of a mapping with faults, the entries without any are kept, so that what refers to them is no fault as well. */
function readSetting(
  name: SettingName,
  value: unknown,
  source: string,
): { value: unknown; faults: string[]; unread: string[] } {
  const { schema }: Setting = settings[name];
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data, faults: [], unread: [] };
  const { issues } = parsed.error;
  const faults = issues.map(({ path, message }) => `${pathOf(name, path)} (${source}) ${message}`);
  const unread = issues.map(({ path: [entry] }) => entry).filter((entry) => typeof entry === 'string');
  if (unread.length < issues.length) return { value: undefined, faults, unread: [] };
  const rest = Object.entries(value as object).filter(([entry]) => !unread.includes(entry));
  return { value: schema.safeParse(Object.fromEntries(rest)).data, faults, unread };
}

/** Where a fault is. A name in the place of an upstream's may be anything, even a key. */
function pathOf(name: SettingName, path: readonly PropertyKey[]): string {
  const steps = path.map((step, index) => {
    if (typeof step === 'number') return `[${step}]`;
    const text = String(step);
    return name === 'upstreams' && index === 0 && !isPlainName(text) ? '.…' : `.${text}`;
  });
  return `${name}${steps.join('')}`;
}

/** `undefined` where too little could be read to say more. */
function resolve(
  given: GivenSettings,
  environment: Readonly<Record<string, string | undefined>>,
  unread: ReadonlyMap<SettingName, string[]>,
  faults: string[],
): ResolvedUpstreams | undefined {
  const { upstreams, routes, prices, selling_prices: selling } = given as Partial<GivenSettings>;
  if ([upstreams, routes, prices, selling].includes(undefined)) return undefined;
  const unreadUpstreams = new Set<string>([
    ...(unread.get('upstreams') ?? []),
    ...kindsSetBy(new Set(unread.keys())),
  ]);
  const { resolved, faults: found } = resolveUpstreams(given, environment, unreadUpstreams);
  faults.push(...found);
  return resolved;
}

function pick(
  name: SettingName,
  environment: Readonly<Record<string, string | undefined>>,
  fromFile: Record<string, unknown>,
  fileName: string | undefined,
): { value: unknown; source: string } {
  for (const variable of variablesOf(name)) {
    const given = environment[variable];
    // A variable set to nothing is how compose files and shells say "not set".
    if (given !== undefined && given !== '') return { value: given, source: variable };
  }
  if (fromFile[name] !== undefined && fromFile[name] !== null)
    return { value: fromFile[name], source: fileName ?? '' };
  const { default: value }: Setting = settings[name];
  return { value, source: 'default' };
}

function readFile({ name, text }: { name: string; text: string }, faults: string[]): Record<string, unknown> {
  try {
    // Without warnings, which go to stderr and quote the file.
    const value: unknown = parse(text, { logLevel: 'error' }) ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
    faults.push(`${name} must hold settings as "name: value" lines`);
  } catch (error) {
    faults.push(`${name} is not valid YAML: ${reasonOf(error)}`);
  }
  return {};
}

/** The fault and its place, without anything out of the file, which may hold a secret: lines behind the first quote it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof YAMLParseError)) return 'a value begins with *, which needs quotes around it';
  const [reason = ''] = error.message.split('\n');
  return reason.replace(/:$/, '').replaceAll(/"[^"]*"/g, '…');
}

/** `unreadModels` are those of the routes that could not be read; to name one of them is no second fault. */
/** One address is listened on once. Two servers on port 0 each draw one. */
function portFaults({
  host,
  port,
  metrics_host: metricsHost,
  metrics_port: metricsPort,
}: GivenSettings): string[] {
  const isOne = host === metricsHost || ['0.0.0.0', '::'].some((all) => all === host || all === metricsHost);
  return metricsPort !== undefined && isOne && port === metricsPort && port !== 0
    ? [`metrics_port and port are both ${port}: choose another for one of them`]
    : [];
}

function contradictions(given: GivenSettings, unreadModels: readonly string[]): string[] {
  const found: string[] = [];
  const models = createModelTable([...shippedModels, ...gptModels]);
  const ofRoutes = [...Object.keys(given.routes ?? {}), ...unreadModels];
  const wanted = given.default_model?.trim().toLowerCase();
  if (
    wanted !== undefined &&
    given.routes !== undefined &&
    models.find(wanted) === undefined &&
    !ofRoutes.some((name) => name.toLowerCase() === wanted)
  ) {
    const all = new Set([...models.all.map(({ name }) => name), ...ofRoutes]);
    found.push(`default_model is not a model; there are ${[...all].join(', ')}`);
  }
  found.push(...declaredFaults(given), ...portFaults(given));
  if (given.deadline_seconds > given.max_deadline_seconds)
    found.push(
      `deadline_seconds (${given.deadline_seconds}) is more than max_deadline_seconds (${given.max_deadline_seconds})`,
    );
  for (const name of ['picture_lifetime_seconds', 'file_lifetime_seconds'] as const)
    if (given[name] > given.max_picture_lifetime_seconds)
      found.push(
        `${name} (${given[name]}) is more than max_picture_lifetime_seconds (${given.max_picture_lifetime_seconds})`,
      );
  if (given.picture_store === 'shared' && given.pictures_dir === undefined)
    found.push('pictures_dir is missing, which picture_store needs as it is shared');
  if (given.database_url !== undefined && given.picture_store === 'disk' && !given.single_node)
    found.push(
      'picture_store is disk, where a server on another machine would not find the pictures of the database in database_url; set it to s3, or to shared with a folder that all machines mount as pictures_dir, or set single_node to true',
    );
  if (given.database_listen_url !== undefined && given.database_url === undefined)
    found.push('database_url is missing, which database_listen_url is another way to');
  if (given.database_listen_url === 'none' && given.picture_store === 'disk')
    found.push(
      'database_listen_url is none, and picture_store is disk: a connection that lasts says that no other server has the database; give database_listen_url an address, or store pictures elsewhere',
    );
  // One that is none of them is named by itself.
  const isOneOfSeveral = given.role === 'api' || given.role === 'worker';
  if (isOneOfSeveral && given.database_url === undefined)
    found.push(
      `role is ${given.role}, which is one of several servers on one PostgreSQL database, and database_url is missing; give it, or leave role out`,
    );
  else if (isOneOfSeveral && given.picture_store === 'disk')
    found.push(
      `role is ${given.role}, and picture_store is disk, where other servers would not find the pictures; set picture_store to s3 or shared`,
    );
  if (given.link_proxy !== 'none' && given.https_proxy === undefined && given.http_proxy === undefined)
    found.push(`link_proxy is ${given.link_proxy}, and no proxy is named; set https_proxy (HTTPS_PROXY)`);
  if (given.picture_store === 's3' && given.s3_bucket === undefined)
    found.push('s3_bucket is missing, which picture_store needs as it is s3');
  if ((given.s3_access_key_id === undefined) !== (given.s3_secret_access_key === undefined))
    found.push('s3_access_key_id and s3_secret_access_key belong together: give both, or neither');
  return found;
}
