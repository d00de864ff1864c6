// One upstream of the settings: its kind, its address, its keys and its limits, with what the settings of its kind hold.
// Faults come out with their path and never with a value: any value here may be a key.

import { type UpstreamKind, upstreamKinds } from '../core/models/models.ts';
import type { ConfiguredUpstream } from './configured-upstream.ts';
import { type Environment, resolveKeys, toLimits } from './resolve-keys.ts';
import { type GivenSettings, variableOf } from './settings.ts';
import { isPlainName, plainNameRule, type UpstreamEntry } from './upstream-settings.ts';

/** Settings of a kind that configure its upstream without an entry of its own, and demands of the kind. */
interface KindRules {
  keys: 'gemini_api_key' | 'openai_api_key' | 'nano_banana_api_key' | 'fal_key' | 'replicate_api_token';
  baseUrl?: 'gemini_base_url' | 'openai_base_url' | 'nano_banana_base_url';
  /** Servers of this kind run without keys too, at an address of their own. */
  keyless?: true;
  /** The kind has no usual address. */
  needsAddress?: true;
  /** Where the day ends by which requests are counted; UTC unless known. */
  resetTimeZone?: string;
}

const rulesOf: Readonly<Record<UpstreamKind, KindRules>> = {
  // Requests per day reset at midnight Pacific time: https://ai.google.dev/gemini-api/docs/rate-limits
  gemini: { keys: 'gemini_api_key', baseUrl: 'gemini_base_url', resetTimeZone: 'America/Los_Angeles' },
  'nano-banana': { keys: 'nano_banana_api_key', baseUrl: 'nano_banana_base_url', needsAddress: true },
  openai: { keys: 'openai_api_key', baseUrl: 'openai_base_url', keyless: true },
  fal: { keys: 'fal_key' },
  replicate: { keys: 'replicate_api_token' },
};

export const keylessCredentials: ConfiguredUpstream['credentials'] = [{ label: 'no_key', limits: {} }];

/** The kinds that one of these settings is about. */
export function kindsSetBy(names: ReadonlySet<string>): UpstreamKind[] {
  return upstreamKinds.filter((kind) => {
    const { keys, baseUrl = keys } = rulesOf[kind];
    return names.has(keys) || names.has(baseUrl);
  });
}

/** Whether the settings of a kind alone make an upstream. */
export function isGiven(kind: UpstreamKind, settings: GivenSettings): boolean {
  const { keys, baseUrl, keyless, needsAddress } = rulesOf[kind];
  if (settings[keys] !== undefined) return true;
  // Elsewhere an address is only a detour, which is taken once there is a key.
  return (keyless ?? needsAddress ?? false) && baseUrl !== undefined && settings[baseUrl] !== undefined;
}

/** `undefined` when it has a fault. Adds to `faults`. */
export function resolveUpstream(
  name: string,
  entry: UpstreamEntry,
  { settings, environment, faults }: { settings: GivenSettings; environment: Environment; faults: string[] },
): ConfiguredUpstream | undefined {
  const before = faults.length;
  const kind = resolveKind(name, entry, faults);
  if (kind === undefined) return undefined;
  const upstream = {
    name,
    kind,
    ...(entry.timeout_seconds === undefined ? {} : { timeoutMs: entry.timeout_seconds * 1000 }),
    limits: toLimits(entry),
    keyLimits: toLimits(entry.per_key ?? {}),
    quotaReset: resolveReset(entry, kind),
    ...(kind === 'sandbox'
      ? resolveSandbox(name, entry, faults)
      : resolveAccess(name, kind, entry, { settings, environment, faults })),
  };
  return faults.length === before ? upstream : undefined;
}

function resolveKind(
  name: string,
  entry: UpstreamEntry,
  faults: string[],
): ConfiguredUpstream['kind'] | undefined {
  const named = [...upstreamKinds, 'sandbox' as const].find((kind) => kind === name);
  const kind = entry.kind ?? named;
  if (!isPlainName(name))
    faults.push(`upstreams has an entry with a wrong name: an upstream ${plainNameRule}`);
  else if (kind === undefined)
    faults.push(`upstreams.${name}.kind is missing, and ${name} is no kind that would go without saying`);
  else if (named !== undefined && kind !== named)
    faults.push(`upstreams.${name}.kind must be ${name}, or the upstream must have another name`);
  else return kind;
  return undefined;
}

function resolveReset({ quota_reset: given }: UpstreamEntry, kind: ConfiguredUpstream['kind']) {
  const [hour = 0, minute = 0] = given?.at?.split(':').map(Number) ?? [];
  const usual = kind === 'sandbox' ? undefined : rulesOf[kind].resetTimeZone;
  return { hour, minute, timeZone: given?.time_zone ?? usual ?? 'UTC' };
}

function resolveSandbox(name: string, entry: UpstreamEntry, faults: string[]) {
  for (const member of ['key', 'keys', 'base_url', 'timeout_seconds'] as const)
    if (entry[member] !== undefined) faults.push(`upstreams.${name}.${member} has no meaning for a sandbox`);
  return { credentials: keylessCredentials };
}

/** Where it is reached, and with which keys. The settings of a kind are for the upstream that has its name, and no other. */
function resolveAccess(
  name: string,
  kind: UpstreamKind,
  entry: UpstreamEntry,
  { settings, environment, faults }: { settings: GivenSettings; environment: Environment; faults: string[] },
) {
  const path = `upstreams.${name}`;
  const rules = rulesOf[kind];
  const stands = name === kind;
  const baseUrl = entry.base_url ?? (stands && rules.baseUrl ? settings[rules.baseUrl] : undefined);
  const before = faults.length;
  const credentials = resolveKeys(
    path,
    entry,
    stands ? { setting: rules.keys, keys: settings[rules.keys] ?? [] } : undefined,
    environment,
    faults,
  );
  const keyless = rules.keyless === true && baseUrl !== undefined;
  if (credentials.length === 0 && !keyless && faults.length === before)
    faults.push(`${path} has no key${stands ? `, and ${variableOf(rules.keys)} is not set` : ''}`);
  if (rules.needsAddress && baseUrl === undefined) {
    const variable = stands && rules.baseUrl ? `, and ${variableOf(rules.baseUrl)} is not set` : '';
    faults.push(`${path} has no base_url${variable}: nothing else says where that API is`);
  }
  return {
    ...(baseUrl === undefined ? {} : { baseUrl }),
    credentials: credentials.length === 0 ? keylessCredentials : credentials,
  };
}
