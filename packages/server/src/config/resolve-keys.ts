// The keys of one upstream: from its entry, from variables that the entry names, or from the setting of its kind.

import type { Limits } from '../core/upstreams/routes.ts';
import type { ConfiguredCredential } from './configured-upstream.ts';
import { type KeyEntry, labelOf, type LimitsEntry, type UpstreamEntry } from './upstream-settings.ts';
import { keyPool } from './value-types.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

interface GivenKey {
  path: string;
  secret: string;
  name?: string | undefined;
  limits: Limits;
}

/**
 * `path` is the entry's; `ofKind` are the keys of the setting that stands for the upstream, used where the entry has none.
 * Adds to `faults`.
 */
export function resolveKeys(
  path: string,
  entry: UpstreamEntry,
  ofKind: { setting: string; keys: readonly string[] } | undefined,
  environment: Environment,
  faults: string[],
): ConfiguredCredential[] {
  const given: GivenKey[] = [];
  if (entry.key !== undefined) given.push(...readKey(`${path}.key`, entry.key, environment, faults));
  for (const [index, key] of (entry.keys ?? []).entries())
    given.push(...readKey(`${path}.keys[${index}]`, key, environment, faults));
  if (entry.key === undefined && entry.keys === undefined && ofKind !== undefined)
    for (const [index, secret] of ofKind.keys.entries())
      given.push({ path: `${ofKind.setting}[${index}]`, secret, limits: {} });

  const byKey = new Map<string, string>();
  const byLabel = new Map<string, string>();
  return given.map(({ path: place, secret, name, limits }) => {
    const label = name ?? labelOf(secret);
    const same = byKey.get(secret);
    const namesake = byLabel.get(label);
    if (same !== undefined) faults.push(`${place} is the same key as ${same}`);
    else if (namesake !== undefined) faults.push(`${place} has the same name as ${namesake}`);
    byKey.set(secret, place);
    byLabel.set(label, place);
    return { label, key: secret, limits };
  });
}

export function toLimits(entry: LimitsEntry): Limits {
  return {
    ...(entry.concurrency === undefined ? {} : { concurrency: entry.concurrency }),
    ...(entry.requests_per_minute === undefined ? {} : { requestsPerMinute: entry.requests_per_minute }),
    ...(entry.pictures_per_minute === undefined ? {} : { picturesPerMinute: entry.pictures_per_minute }),
    ...(entry.requests_per_day === undefined ? {} : { dailyRequests: entry.requests_per_day }),
  };
}

/** A variable may hold a pool of keys; the limits are then those of each. */
function readKey(path: string, entry: KeyEntry, environment: Environment, faults: string[]): GivenKey[] {
  const { name, key, env } = entry;
  const limits = toLimits(entry);
  if (key !== undefined) return [{ path, secret: key, name, limits }];
  const value = env === undefined ? undefined : environment[env];
  if (value === undefined || value === '') {
    faults.push(`${path}.env names a variable that is not set`);
    return [];
  }
  const pool = keyPool.safeParse(value);
  if (!pool.success) {
    faults.push(`${path}.env names a variable that can't be used: it ${pool.error.issues[0]?.message}`);
    return [];
  }
  const several = pool.data.length > 1;
  if (name !== undefined && several)
    faults.push(`${path}.name stands for one key, and the variable that env names holds several`);
  return pool.data.map((secret, index) => ({
    path: several ? `${path}.env[${index}]` : `${path}.env`,
    secret,
    name: several ? undefined : name,
    limits,
  }));
}
