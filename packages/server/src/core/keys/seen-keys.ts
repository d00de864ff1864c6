// Keys that were seen within the last minutes, for the time in which the store's database is away: who had one then can still be told what this
// process has in memory. While the database is there nobody is believed by this.

import type { Clock } from '../../lib/clock.ts';
import { isDatabaseAway } from '../errors.ts';
import type { FoundKey, KeyStore } from './key-store.ts';
import { isUsable } from './keys.ts';
import type { Later } from './forget-in-time.ts';

/** How long a key is believed after the database has given it. */
const believedMs = 5 * 60_000;
/** How often the database is asked which of them have ended: one that was revoked elsewhere can be believed no longer than this. */
const checkMs = 5_000;
const maxSeen = 10_000;

interface Seen {
  /** `null` for a key that can't be used: it stays, so that an older answer doesn't bring the key back. */
  key: FoundKey | null;
  /** When the database was asked. */
  askedAt: number;
}

/** Gives a `findKeyByHash` that gives a key from memory where the database is away. `later` runs a function once. */
export function createSeenKeys(
  store: Pick<KeyStore, 'findKeyByHash' | 'endedSecrets'>,
  clock: Clock,
  later: Later,
): Pick<KeyStore, 'findKeyByHash'> {
  const seen = new Map<string, Seen>();
  let isCheckPlanned = false;

  function note(name: string, key: FoundKey | null, askedAt: number): void {
    const known = seen.get(name);
    if (known !== undefined && known.askedAt > askedAt) return;
    const isGood = key !== null && isUsable(key, clock.now());
    // Unknown secrets are not remembered, so they can't push known ones out.
    if (!isGood && known === undefined) return;
    seen.delete(name);
    if (seen.size >= maxSeen) seen.delete(seen.keys().next().value ?? '');
    seen.set(name, { key: isGood ? key : null, askedAt });
    planCheck();
  }

  const isOld = ({ askedAt }: Seen) => clock.now() - askedAt > believedMs;

  function planCheck(): void {
    if (isCheckPlanned || store.endedSecrets === undefined) return;
    isCheckPlanned = true;
    later(() => void check(), checkMs);
  }

  async function check(): Promise<void> {
    for (const [name, each] of seen) if (isOld(each)) seen.delete(name);
    const askedAt = clock.now();
    const hashes = [...seen].flatMap(([name, { key }]) =>
      key === null ? [] : [Buffer.from(name, 'base64url')],
    );
    // While the database is away nothing can be learned, and the next check asks again.
    const ended = (await store.endedSecrets?.(hashes, askedAt).catch(() => [])) ?? [];
    for (const hash of ended) note(nameOf(hash), null, askedAt);
    isCheckPlanned = false;
    if (seen.size > 0) planCheck();
  }

  return {
    async findKeyByHash(hash) {
      const name = nameOf(hash);
      const askedAt = clock.now();
      try {
        const key = await store.findKeyByHash(hash);
        note(name, key, askedAt);
        return key;
      } catch (error) {
        const known = seen.get(name);
        if (!isDatabaseAway(error) || known === undefined || known.key === null || isOld(known)) throw error;
        return known.key;
      }
    },
  };
}

const nameOf = (hash: Uint8Array) => Buffer.from(hash).toString('base64url');
