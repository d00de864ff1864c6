// Asks every upstream, with every key, the cheapest harmless thing, which costs nothing.

import type { Config } from '../../config/settings.ts';
import { TaskError } from '../../core/errors.ts';
import { createSystemClock } from '../../lib/clock.ts';
import { safeText } from '../../lib/safe-text.ts';
import { buildAdapters, type BuiltUpstream } from '../upstreams.ts';
import { advice, fault, fine, type Finding } from './finding.ts';
import { checkOutsideTime, noteTimes, type OutsideTime } from './outside-time.ts';

/** How long one upstream may take to answer. */
const patienceMs = 30_000;

export interface CheckedKey {
  upstream: string;
  kind: string;
  /** Label of the key. */
  key: string;
  /** `works`, a type of task errors, `no answer` or `failed`. */
  result: string;
  ms: number;
  /** One line, without the key. */
  said: string;
}

/** `onTime` is told what time it is where answers come from. */
export async function askUpstreams(
  config: Config,
  onTime: (time: OutsideTime) => void = () => {},
): Promise<CheckedKey[]> {
  await using lifetime = new AsyncDisposableStack();
  const upstreams = buildAdapters(config, lifetime, {
    clock: createSystemClock(),
    around: (transport) => noteTimes(transport, Date.now, onTime),
  });
  return await Promise.all(upstreams.flatMap(askAll));
}

function askAll({ name, kind, adapters, credentials }: BuiltUpstream): Promise<CheckedKey>[] {
  const secrets = credentials.map(({ key = '' }) => key);
  return adapters.map(async ({ label, upstream }) => {
    const startedAt = performance.now();
    const { result, said } = await upstream.check(AbortSignal.timeout(patienceMs)).then(
      (words) => ({ result: 'works', said: words }),
      (error: unknown) => explain(error),
    );
    const ms = Math.round(performance.now() - startedAt);
    return { upstream: name, kind, key: label, result, ms, said: safeText(said, secrets, 400) };
  });
}

function explain(error: unknown): { result: string; said: string } {
  if (error instanceof TaskError) return { result: error.failure.type, said: error.failure.message };
  const said = error instanceof Error ? error.message : String(error);
  const isTimeout = error instanceof Error && error.name === 'TimeoutError';
  return { result: isTimeout ? 'no answer' : 'failed', said };
}

export async function checkUpstreams(config: Config): Promise<Finding[]> {
  const times: OutsideTime[] = [];
  const found = (await askUpstreams(config, (time) => times.push(time))).map(
    ({ upstream, key, result, ms, said }) => {
      const name = `${upstream} with ${key}`;
      return result === 'works'
        ? fine('upstreams', `${name} works: ${said} (${ms} ms)`)
        : fault('upstreams', `${name}: ${said}`, remedyOf(result, upstream));
    },
  );
  if (config.resolved.upstreams.every(({ kind }) => kind === 'sandbox'))
    found.push(
      advice(
        'upstreams',
        'only the sandbox is there, whose pictures are drawn by this server',
        'Set the key of an upstream, such as GEMINI_API_KEY; docs/upstreams has all of them.',
      ),
    );
  return [...found, checkOutsideTime(times)];
}

function remedyOf(result: string, upstream: string): string {
  if (result === 'upstream_auth')
    return `Mend the key of ${upstream} in the settings; plantain-server config says where it comes from.`;
  if (result === 'upstream_billing' || result === 'upstream_quota')
    return `See to the account at ${upstream}.`;
  return `Mend the address of ${upstream} or the network, or see whether it is down; plantain-server upstreams check asks again.`;
}
