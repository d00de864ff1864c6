// Calls that wait for the tasks of tries, on this node. What becomes of them is stored a little later, for many at once: until then it is known
// here, and others see that this node lives and has them.

import type { FastifyReply } from 'fastify';
import type { TryClaim, TryEnd, TryStore } from '../../core/repeats/tries.ts';
import { startInterval, type StartTimer } from '../../lib/timers.ts';
import { createOneAgain } from '../../lib/turns/one-again.ts';

/** A call's claim of a try, which ends with the call's connection or answer. */
export interface Hold {
  /** Notes what the call has claimed. */
  take(claim: TryClaim): void;
  /** Says that an answer which is sent whole from here on is the one that the client wants. Else a later try gets the task. */
  answers(): void;
}

export interface TryHolds {
  of(reply: FastifyReply): Hold;
  /** End of a claim of this node that is not stored yet. */
  endOf(claim: TryClaim): TryEnd | undefined;
  /** Notes a try whose task no later one is to get; it is forgotten with the next ends, unless it was claimed since it was read. */
  forget(seen: TryClaim): void;
  /** From here on each end is stored at once: this node will soon show no more signs of life. */
  drain(): void;
  /** Stores all ends, and ends. */
  stop(): Promise<void>;
}

/** Nobody else acts on these before: a call that this node has is left to it. */
const storeMs = 5_000;
/** Ends that are remembered at most while the database is away. */
const maxEnds = 10_000;

export function startTryHolds({
  store,
  startTimer,
}: {
  store: Pick<TryStore, 'endTries'>;
  startTimer: StartTimer;
}): TryHolds {
  const ends = new Map<string, TryEnd>();
  let isDraining = false;

  const storeAll = createOneAgain(async () => {
    const stored = [...ends];
    if (stored.length === 0) return;
    try {
      await store.endTries(stored.map(([, end]) => end));
      for (const [name] of stored) ends.delete(name);
    } catch {
      // They are stored with the next ones.
    }
  });

  function note(end: TryEnd): void {
    ends.set(nameOf(end), end);
    const [oldest] = ends.keys();
    if (ends.size > maxEnds && oldest !== undefined) ends.delete(oldest);
    // The client's next try may be on its way to another node.
    if (!end.isGiven || isDraining) void storeAll();
  }

  const stopTimer = startInterval(startTimer, () => void storeAll(), storeMs);
  return {
    of: (reply) => createHold(reply, note),
    endOf: (claim) => ends.get(nameOf(claim)),
    forget: ({ keyId, idempotencyKey, claims }) => note({ keyId, idempotencyKey, claims, isGiven: true }),
    drain() {
      isDraining = true;
      void storeAll();
    },
    async stop() {
      stopTimer();
      await storeAll();
    },
  };
}

function createHold({ raw }: FastifyReply, note: (end: TryEnd) => void): Hold {
  let taken: TryClaim | undefined;
  let isAnswer = false;
  let isOver = raw.destroyed;

  function end(): void {
    if (!isOver || taken === undefined) return;
    const { keyId, idempotencyKey, claims } = taken;
    taken = undefined;
    const isGiven = isAnswer && raw.writableFinished && raw.statusCode < 300;
    note({ keyId, idempotencyKey, claims, isGiven });
  }
  raw.once('close', () => {
    isOver = true;
    end();
  });
  return {
    take(claim) {
      taken = claim;
      end();
    },
    answers: () => void (isAnswer = true),
  };
}

const nameOf = ({ keyId, idempotencyKey, claims }: TryClaim) => `${keyId} ${idempotencyKey} ${claims}`;
