// Limit of stored bytes: pictures of tasks and uploads, summed by the store and believed for some seconds, as a sum goes through all of them.

import type { LimitFault } from '@plantain/client';
import { createReadsInFlight } from '../../lib/reads-in-flight.ts';
import { RequestError } from '../errors.ts';
import type { Caller } from '../keys/keys.ts';
import { limitNames } from './limit-names.ts';
import type { LimitedSubject } from './subjects.ts';

/** Port of the sums. */
export interface StoredBytesStore {
  /**
   * Sums the bytes of pictures of tasks, but for those that were deleted, and of files that have not expired: of a key, or of all keys that an
   * owner has now.
   */
  storedBytes(subject: Pick<LimitedSubject, 'kind' | 'id'>, now: number): Promise<number>;
}

export interface StoredBytes {
  /** Rejects with `RequestError` (`rate_limited`) where the caller or its owner may store nothing more. */
  check(caller: Pick<Caller, 'limited'>): Promise<void>;
  /** Adds what was stored just now to the sums that are believed. */
  add(caller: Pick<Caller, 'limited'>, bytes: number): void;
}

/** Time for which a sum is believed: pictures of tasks that ended since are not in it, nor is what was deleted. */
const believedMs = 5_000;
/** Pictures go when their owner deletes them or their time is over. A client that waits for it would ask in vain. */
const retryAfterSeconds = 3_600;

/** `later` runs a function once, after that many milliseconds. */
export function createStoredBytes(
  store: StoredBytesStore,
  clock: { now(): number },
  later: (run: () => void, ms: number) => void = (run, ms) => void setTimeout(run, ms).unref(),
): StoredBytes {
  const sums = new Map<string, number>();
  const reads = createReadsInFlight<number>();

  async function sumOf(subject: LimitedSubject): Promise<number> {
    const known = sums.get(subject.id);
    if (known !== undefined) return known;
    return await reads.read(
      subject.id,
      () => store.storedBytes(subject, clock.now()),
      (sum) => {
        sums.set(subject.id, sum);
        later(() => void sums.delete(subject.id), believedMs);
      },
    );
  }

  return {
    async check({ limited }) {
      for (const subject of limited) {
        const { storedBytes: max } = subject.limits;
        if (max === undefined) continue;
        const used = await sumOf(subject);
        if (used >= max) throw refusal(subject, max, used);
      }
    },
    add({ limited }, bytes) {
      for (const { id } of limited) {
        const known = sums.get(id);
        if (known !== undefined) sums.set(id, known + bytes);
      }
    },
  };
}

function refusal({ kind: of, id }: LimitedSubject, max: number, used: number): RequestError {
  const limit = limitNames.storedBytes;
  const whose = of === 'key' ? 'This key' : 'The owner of this key';
  const why =
    max === 0
      ? 'so nothing is stored for it.'
      : `and ${used.toLocaleString('en')} are stored. Delete tasks or files that are not needed any more, or wait until the oldest have had their time.`;
  const message = `${whose} may store ${max.toLocaleString('en')} bytes (${limit}), ${why}`;
  const detail: LimitFault = { path: '', message, of, id, limit, max, used };
  return new RequestError('rate_limited', message, {
    ...(max === 0 ? {} : { retryAfterSeconds }),
    details: [detail],
  });
}
