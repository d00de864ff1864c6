// Repeats of calls that have no Idempotency-Key and yet say that they are repeats: the libraries that Stainless generates, OpenAI's among
// them, count their tries in a header (npm openai 7.59.0, client.js), after a time-out, a lost connection or a 503. Such a try gets the task of the one
// before it. Two calls that say nothing are two tasks, though they be equal.

import type { FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { isDatabaseAway, RequestError } from '../../core/errors.ts';
import type { Repeatable, Submitted } from '../../core/submit/submit.ts';
import { type NewTry, tryName, type TryStore } from '../../core/repeats/tries.ts';
import { newTaskId } from '../../lib/ids.ts';
import { findingTries, type FindTryParts, type TriedCall } from './find-try.ts';
import { createUnderWay } from './submits-under-way.ts';
import { type Hold, startTryHolds } from './try-holds.ts';

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

export interface EarlierTriesParts extends Omit<FindTryParts, 'holds' | 'underWay'> {
  store: FindTryParts['store'] & TryStore;
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

function numberOf(headers: IncomingHttpHeaders): number | undefined {
  const text = String(headers['x-stainless-retry-count'] ?? '');
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}
