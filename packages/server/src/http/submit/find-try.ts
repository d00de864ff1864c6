// Finds the earlier try of a call whose task a later one gets: one that made its task, whose client was not given it, and for which nobody waits
// any more.

import type { IncomingHttpHeaders } from 'node:http';
import type { ClientBatchStore } from '../../core/batches/client-batches.ts';
import { type KeptTry, tryNumber, type TryStore } from '../../core/repeats/tries.ts';
import type { TaskReads } from '../../core/tasks/task-reads.ts';
import { isRecent } from '../../lib/clock.ts';
import { pause, type StartTimer } from '../../lib/timers.ts';
import { createTurnKeeper } from '../../lib/turns/turn-keeper.ts';
import { mayHaveCost } from '../refusals/face-form.ts';
import type { SubmitsUnderWay } from './submits-under-way.ts';
import type { Hold, TryHolds } from './try-holds.ts';
import { type StateParts, statesOf } from './try-states.ts';

export interface FindTryParts extends StateParts {
  store: Pick<TaskReads, 'find'> &
    Pick<ClientBatchStore, 'countBatch'> &
    Pick<TryStore, 'findTries' | 'claimTry'>;
  holds: Pick<TryHolds, 'endOf' | 'forget'>;
  underWay: SubmitsUnderWay;
  startTimer: StartTimer;
}

export interface TriedCall {
  keyId: string;
  requestHash: string;
  headers: IncomingHttpHeaders;
  /** Its reason is thrown once the client has gone. */
  signal: AbortSignal;
  hold: Hold;
}

/**
 * Tries of one call that are looked at, the newest first, page by page: all of them have to be where as many equal calls are lost at once, and a
 * key may have about as many open.
 */
const maxLookedAt = 2_000;
const pageLength = 100;
/** Time after its end in which a task is given to a repeat: a client that waits tries again within its own time-out, 10 minutes. */
const lifeAfterEndMs = 15 * 60_000;
/** A proxy need not say that its client has gone: whoever has waited for so long may have gone, if its client waits for no longer than it says. */
const maxSureMs = 60_000;
/** Pause before it is looked again whether another node lives. */
const lookAgainMs = 250;

/** Makes the function that finds and claims an earlier try; it adds the names of those that it found to `known`. */
export function findingTries(parts: FindTryParts) {
  const { store, clock, nodes, startTimer, underWay } = parts;
  const reserved = createReservations();

  return async (call: TriedCall, number: number, known: Set<string>): Promise<string | null> => {
    const { keyId, requestHash, headers, signal, hold } = call;
    const over = underWay.over(keyId, requestHash);
    const before = over === null ? null : await namesOf(pagesOf(parts, call));
    await over;
    const asked: Choice = {
      number,
      since: clock.now(),
      sureMs: sureMsOf(headers),
      // Submitted while this one came: as likely as not by the try before it.
      isOwn: (kept) => before !== null && !before.has(nameOf(kept)),
      reserved,
    };
    for (;;) {
      const { next, isUnsure } = await choose(parts, noting(pagesOf(parts, call), known), asked);
      if (next !== null) {
        try {
          signal.throwIfAborted();
          const claim = { keyId, idempotencyKey: nameOf(next), claims: next.claims };
          if (!(await store.claimTry(claim, { heldBy: nodes.id, at: clock.now() }))) continue;
          hold.take({ ...claim, claims: next.claims + 1 });
          return next.answer;
        } finally {
          reserved.delete(next);
        }
      }
      signal.throwIfAborted();
      if (!isUnsure) return null;
      await pause(startTimer, lookAgainMs, signal);
    }
  };
}

const nameOf = ({ idempotencyKey }: KeptTry) => idempotencyKey;

async function* pagesOf(
  { store, clock }: Pick<FindTryParts, 'store' | 'clock'>,
  { keyId, requestHash, signal }: Pick<TriedCall, 'keyId' | 'requestHash' | 'signal'>,
): AsyncGenerator<KeptTry[], void, undefined> {
  const keepTurns = createTurnKeeper();
  let before: string | undefined;
  for (let seen = 0; seen < maxLookedAt; seen += pageLength) {
    // Not every store gives up its turn for a page.
    await keepTurns();
    signal.throwIfAborted();
    const page = await store.findTries(keyId, requestHash, clock.now(), pageLength, before);
    yield page;
    const last = page.at(-1);
    if (page.length < pageLength || last === undefined) return;
    before = nameOf(last);
  }
}

async function namesOf(pages: AsyncIterable<KeptTry[]>): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const page of pages) for (const kept of page) names.add(nameOf(kept));
  return names;
}

async function* noting(pages: AsyncIterable<KeptTry[]>, known: Set<string>) {
  for await (const page of pages) {
    for (const kept of page) known.add(nameOf(kept));
    yield page;
  }
}

interface Reservations {
  has(kept: KeptTry): boolean;
  add(kept: KeptTry): void;
  delete(kept: KeptTry): void;
}

/** Tries that calls of this node are about to claim: of many equal ones that come back at once each takes another, and not all the newest. */
function createReservations(): Reservations {
  const names = new Set<string>();
  const of = ({ keyId, idempotencyKey, claims }: KeptTry) => `${keyId} ${idempotencyKey} ${claims}`;
  return {
    has: (kept: KeptTry) => names.has(of(kept)),
    add: (kept: KeptTry) => void names.add(of(kept)),
    delete: (kept: KeptTry) => void names.delete(of(kept)),
  };
}

interface Choice {
  /** Number of the later try. */
  number: number;
  /** Time at which it came, Unix milliseconds. */
  since: number;
  sureMs: number;
  isOwn: (kept: KeptTry) => boolean;
  reserved: Reservations;
}

/** Chooses the try whose task a later one gets, and reserves it. `isUnsure`: it is to be looked again. */
async function choose(
  parts: FindTryParts,
  pages: AsyncIterable<KeptTry[]>,
  { number, since, sureMs, isOwn, reserved }: Choice,
): Promise<{ next: KeptTry | null; isUnsure: boolean }> {
  const keepTurns = createTurnKeeper();
  let perhaps: KeptTry | null = null;
  let next: KeptTry | null = null;
  let [isUnsure, isReserved] = [false, false];
  try {
    for await (const page of pages) {
      const earlier = page.filter((kept) => tryNumber(nameOf(kept)) < number);
      const stateOf = await statesOf(parts, earlier, since);
      // The ones first that no other try has asked for.
      for (const kept of earlier.toSorted((a, b) => a.claims - b.claims)) {
        const state = stateOf(kept);
        const isWanted = state === 'free' || (state !== 'given' && isOwn(kept));
        const isBest = perhaps === null || kept.claims < perhaps.claims;
        const mayBe = state !== 'given' && isBest && since - (kept.heldAt ?? since) >= sureMs;
        if (!isWanted && !mayBe && (state !== 'unsure' || isUnsure)) continue;
        await keepTurns();
        if (!reserved.has(kept) && !(await isAlive(parts, kept))) {
          // It stays so, and each further try of a client whose upstream is down would look at all of them again.
          parts.holds.forget(kept);
          continue;
        }
        isUnsure ||= state === 'unsure';
        if (reserved.has(kept)) isReserved = true;
        else if (isWanted || mayBe) {
          reserved.add(kept);
          if (isWanted) return { next: (next = kept), isUnsure: false };
          // A page may have only those that others have asked for, and a later one another.
          if (perhaps !== null) reserved.delete(perhaps);
          perhaps = kept;
        }
      }
    }
    if (!isUnsure) next = perhaps;
    // A call that has reserved one may not come to claim it.
    return { next, isUnsure: isUnsure || (next === null && isReserved) };
  } finally {
    if (perhaps !== null && perhaps !== next) reserved.delete(perhaps);
  }
}

async function isAlive(
  { store, clock }: Pick<FindTryParts, 'store' | 'clock'>,
  { keyId, answer }: KeptTry,
): Promise<boolean> {
  const { taskId, batchId } = JSON.parse(answer) as { taskId: string; batchId?: string };
  // One task that is gone or has failed says nothing of the others, which would be paid again with it.
  if (batchId !== undefined) return (await store.countBatch(batchId, keyId)).total > 0;
  const task = await store.find(taskId, keyId);
  if (task === null) return false;
  if (task.finishedAt === null) return true;
  // A failure that may pass is tried again by a new task, unless that might be paid twice.
  const isLost = task.failure?.retryable === true && !mayHaveCost(task);
  return !isLost && isRecent(task.finishedAt, clock.now(), lifeAfterEndMs);
}

/**
 * Time for which a call whose connection is open has its client for sure, in milliseconds: its time-out, which these libraries send in seconds,
 * under one name in JavaScript (npm openai 7.59.0, client.js: that of a call that has its own, not that of the client) and another in Python
 * (PyPI openai, _base_client.py).
 */
function sureMsOf(headers: IncomingHttpHeaders): number {
  const text = String(headers['x-stainless-timeout'] ?? headers['x-stainless-read-timeout'] ?? '');
  return /^\d{1,6}(?:\.\d{1,6})?$/.test(text) ? Math.min(Number(text) * 1000, maxSureMs) : maxSureMs;
}
