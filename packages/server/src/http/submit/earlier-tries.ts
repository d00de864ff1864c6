// Repeats of calls that have no Idempotency-Key and yet say that they are repeats: the libraries that Stainless generates, OpenAI's among
// them, count their tries in a header (npm openai 7.59.0, client.js), after a time-out, a lost connection or a 503. Such a try gets the task of the one
// before it. Two calls that say nothing are two tasks, though they be equal.

import type { FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import type { ClientBatchStore } from '../../core/batches/client-batches.ts';
import { isDatabaseAway, RequestError } from '../../core/errors.ts';
import type { Repeatable, Submitted } from '../../core/submit/submit.ts';
import type { TaskReads } from '../../core/tasks/task-reads.ts';
import {
  type KeptTry,
  maxTries,
  type NewTry,
  tryName,
  tryNumber,
  type TryStore,
} from '../../core/repeats/tries.ts';
import { isRecent } from '../../lib/clock.ts';
import { newTaskId } from '../../lib/ids.ts';
import { pause, type StartTimer } from '../../lib/timers.ts';
import { mayHaveCost } from '../refusals/face-form.ts';
import { createUnderWay, type SubmitsUnderWay } from './submits-under-way.ts';
import { type Hold, startTryHolds, type TryHolds } from './try-holds.ts';
import { type StateParts, statesOf } from './try-states.ts';

export interface EarlierTries {
  /** Number of the try, 0 for the first; `undefined` where the client does not say. */
  numberOf(headers: IncomingHttpHeaders): number | undefined;
  /** Makes what a call holds of its task until it is over. */
  holdFor(reply: FastifyReply): Hold;
  begin(call: TriedCall): Try;
  /** Told when the server begins to stop. */
  drain(): void;
  /** Stores what became of the calls. */
  stop(): Promise<void>;
}

export interface TriedCall {
  keyId: string;
  requestHash: string;
  headers: IncomingHttpHeaders;
  /** Its reason is thrown once the client has gone. */
  signal: AbortSignal;
  hold: Hold;
}

/** One try of a call. */
export interface Try {
  /**
   * Finds the answer to an earlier try of this call, whose task nobody was given and nobody waits for any more, and claims it; `null` where there is
   * none. The call is to wait for that task.
   */
  find(): Promise<string | null>;
  /** Name under which its answer is to be stored with its tasks. */
  repeatable(): Repeatable;
  /** Gives what `submitting` gives. A try that comes meanwhile looks for it when it is over. */
  during(submitting: Promise<Submitted>): Promise<Submitted>;
}

/** Time after its end in which a task is given to a repeat: a client that waits tries again within its own time-out, 10 minutes. */
const lifeAfterEndMs = 15 * 60_000;
/** A proxy need not say that its client has gone: whoever has waited for so long may have gone, if its client waits for no longer than it says. */
const maxSureMs = 60_000;
/** Pause before it is looked again whether another node lives. */
const lookAgainMs = 250;

export interface EarlierTriesParts extends Omit<StateParts, 'holds'> {
  store: Pick<TaskReads, 'find'> & Pick<ClientBatchStore, 'countBatch'> & TryStore;
  startTimer: StartTimer;
}

export function createEarlierTries(given: EarlierTriesParts): EarlierTries {
  const holds = startTryHolds(given);
  const underWay = createUnderWay();
  const find = findingTries({ ...given, holds, underWay });
  return {
    numberOf,
    holdFor: holds.of,
    drain: holds.drain,
    stop: holds.stop,
    begin(call) {
      const { keyId, requestHash, hold } = call;
      const number = numberOf(call.headers) ?? 0;
      const at = given.clock.now();
      const idempotencyKey = tryName(requestHash, newTaskId(at), number);
      const known = new Set<string>();
      return {
        async find() {
          return number === 0 ? null : await find(call, number, known);
        },
        repeatable() {
          const ofTry: NewTry = { number, heldBy: given.nodes.id, at, known: [...known] };
          return { idempotencyKey, requestHash, ofTry };
        },
        async during(submitting) {
          const own = { keyId, idempotencyKey, claims: 0 };
          try {
            const submitted = await underWay.during(keyId, requestHash, submitting);
            const claim = submitted.repeated ? submitted.claimed : own;
            if (claim !== undefined) hold.take(claim);
            return submitted;
          } catch (error) {
            // Of anything but a refusal nobody knows whether its tasks are stored all the same.
            if (!(error instanceof RequestError) || isDatabaseAway(error)) hold.take(own);
            throw error;
          }
        },
      };
    },
  };
}

/** Makes the function that finds and claims an earlier try; it adds the names of those that it found to `known`. */
function findingTries(parts: EarlierTriesParts & { holds: TryHolds; underWay: SubmitsUnderWay }) {
  const { store, clock, nodes, startTimer, underWay } = parts;
  const look = (keyId: string, hash: string) => store.findTries(keyId, hash, clock.now(), maxTries);

  return async (call: TriedCall, number: number, known: Set<string>): Promise<string | null> => {
    const { keyId, requestHash, headers, signal, hold } = call;
    const over = underWay.over(keyId, requestHash);
    const before = over === null ? null : (await look(keyId, requestHash)).map(nameOf);
    await over;
    const since = clock.now();
    for (;;) {
      const all = await look(keyId, requestHash);
      for (const kept of all) known.add(nameOf(kept));
      const earlier = all.filter((kept) => tryNumber(nameOf(kept)) < number);
      const { next, isUnsure } = await choose(parts, earlier, {
        since,
        sureMs: sureMsOf(headers),
        // Submitted while this one came: as likely as not by the try before it.
        isOwn: (kept) => before !== null && !before.includes(nameOf(kept)),
      });
      signal.throwIfAborted();
      if (next !== null) {
        const claim = { keyId, idempotencyKey: nameOf(next), claims: next.claims };
        if (!(await store.claimTry(claim, { heldBy: nodes.id, at: clock.now() }))) continue;
        hold.take({ ...claim, claims: next.claims + 1 });
        return next.answer;
      }
      if (!isUnsure) return null;
      await pause(startTimer, lookAgainMs, signal);
    }
  };
}

const nameOf = ({ idempotencyKey }: KeptTry) => idempotencyKey;

interface Choice {
  /** Time at which the later try came, Unix milliseconds. */
  since: number;
  sureMs: number;
  isOwn: (kept: KeptTry) => boolean;
}

/** Chooses the try whose task a later one gets. `isUnsure`: it is to be looked again. */
async function choose(
  parts: EarlierTriesParts & { holds: TryHolds },
  found: readonly KeptTry[],
  { since, sureMs, isOwn }: Choice,
): Promise<{ next: KeptTry | null; isUnsure: boolean }> {
  const stateOf = await statesOf(parts, found, since);
  let perhaps: KeptTry | null = null;
  let isUnsure = false;
  // The ones first that no other try has asked for.
  for (const kept of found.toSorted((a, b) => a.claims - b.claims)) {
    const state = stateOf(kept);
    if (state === 'given' || !(await isAlive(parts, kept))) continue;
    if (state === 'free' || isOwn(kept)) return { next: kept, isUnsure: false };
    isUnsure ||= state === 'unsure';
    if (since - (kept.heldAt ?? since) >= sureMs) perhaps ??= kept;
  }
  return { next: isUnsure ? null : perhaps, isUnsure };
}

async function isAlive({ store, clock }: EarlierTriesParts, { keyId, answer }: KeptTry): Promise<boolean> {
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

function numberOf(headers: IncomingHttpHeaders): number | undefined {
  const text = String(headers['x-stainless-retry-count'] ?? '');
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

/**
 * Time for which a call whose connection is open has its client for sure, in milliseconds: its time-out, which these libraries send in seconds,
 * under one name in JavaScript (npm openai 7.59.0, client.js) and another in Python (PyPI openai, _base_client.py).
 */
function sureMsOf(headers: IncomingHttpHeaders): number {
  const text = String(headers['x-stainless-timeout'] ?? headers['x-stainless-read-timeout'] ?? '');
  return /^\d{1,6}(?:\.\d{1,6})?$/.test(text) ? Math.min(Number(text) * 1000, maxSureMs) : maxSureMs;
}
