// Repeats of calls that have no Idempotency-Key and yet say that they are repeats: the libraries that Stainless generates, OpenAI's among
// them, count their tries in a header (npm openai 7.59.0, client.js), after a time-out, a lost connection or a 503. Such a try gets the task of the one
// before it. Two calls that say nothing are two tasks, though they be equal.

import type { IncomingHttpHeaders } from 'node:http';
import type { TaskReads } from '../../core/tasks/task-reads.ts';
import type { TaskIntake } from '../../core/tasks/task-store.ts';
import { createCounts } from '../../lib/counts.ts';
import { type Clock, isRecent } from '../../lib/clock.ts';
import { newTaskId } from '../../lib/ids.ts';
import { mayHaveCost } from '../refusals/face-form.ts';

export interface EarlierTries {
  /** Number of the try, 0 for the first; `undefined` where the client does not say. */
  numberOf(headers: IncomingHttpHeaders): number | undefined;
  /** Makes the name under which the answer to a first try is stored. No client can send it as its `Idempotency-Key`: it has spaces. */
  nameOf(requestHash: string): string;
  /**
   * Finds the answer to an earlier try of this request, whose task nobody was given, and nobody waits for where there is such a one; `null`
   * where there is none. The call is to wait for that task.
   */
  find(keyId: string, requestHash: string): Promise<string | null>;
  /** Gives what `submitting` gives. A try that comes meanwhile looks for it when it is over. */
  during<T>(keyId: string, requestHash: string, submitting: Promise<T>): Promise<T>;
  /** Notes that a call waits for a task, until `end`. After `answer` no repeat gets it. */
  waitFor(taskId: string): { answer(): void; end(): void };
}

/** Equal calls that are looked at, newest first. */
const maxEqual = 20;
/** Time after its end in which a task is given to a repeat: a client that waits tries again within its own time-out, 10 minutes. */
const lifeAfterEndMs = 15 * 60_000;
/** Ids that are remembered at most, of each kind. */
const maxRemembered = 10_000;

export function createEarlierTries({
  store,
  clock,
}: {
  store: Pick<TaskReads, 'find'> & Pick<TaskIntake, 'findAnswersUnder'>;
  clock: Clock;
}): EarlierTries {
  const underWay = createUnderWay();
  const waited = createCounts();
  const answered = new Set<string>();
  /** Found for a call that does not wait yet. */
  const claimed = new Set<string>();

  async function isAlive(keyId: string, taskId: string): Promise<boolean> {
    const task = answered.has(taskId) ? null : await store.find(taskId, keyId);
    if (task === null) return false;
    if (task.finishedAt === null) return true;
    // A failure that may pass is tried again by a new task, unless that might be paid twice.
    const isLost = task.failure?.retryable === true && !mayHaveCost(task);
    return !isLost && isRecent(task.finishedAt, clock.now(), lifeAfterEndMs);
  }

  return {
    numberOf(headers) {
      const text = String(headers['x-stainless-retry-count'] ?? '');
      return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
    },
    nameOf: (requestHash) => prefixOf(requestHash) + newTaskId(),
    during: underWay.during,
    async find(keyId, requestHash) {
      await underWay.over(keyId, requestHash);
      const found = await store.findAnswersUnder(keyId, prefixOf(requestHash), clock.now(), maxEqual);
      const alive: { answer: string; taskId: string }[] = [];
      for (const { answer } of found) {
        const { taskId } = JSON.parse(answer) as { taskId: string };
        if (await isAlive(keyId, taskId)) alive.push({ answer, taskId });
      }
      // A call may seem to wait when its client has gone: a proxy between them need not say so.
      const next = alive.find(({ taskId }) => waited.of(taskId) === 0 && !claimed.has(taskId)) ?? alive[0];
      if (next === undefined) return null;
      remember(claimed, next.taskId);
      return next.answer;
    },
    waitFor(taskId) {
      claimed.delete(taskId);
      waited.add(taskId, 1);
      return {
        answer: () => remember(answered, taskId),
        end: () => waited.add(taskId, -1),
      };
    },
  };
}

/** Adds an id, and forgets the oldest where there are too many. */
function remember(ids: Set<string>, id: string): void {
  ids.add(id);
  const [oldest] = ids;
  if (ids.size > maxRemembered && oldest !== undefined) ids.delete(oldest);
}

/** Submits that are under way, by the key and what they say. */
function createUnderWay() {
  const submits = new Map<string, Set<Promise<unknown>>>();
  const nameOf = (keyId: string, requestHash: string) => `${keyId} ${requestHash}`;
  return {
    async during<T>(keyId: string, requestHash: string, submitting: Promise<T>): Promise<T> {
      const name = nameOf(keyId, requestHash);
      const equal = submits.get(name) ?? new Set();
      submits.set(name, equal.add(submitting));
      try {
        return await submitting;
      } finally {
        if (equal.delete(submitting) && equal.size === 0) submits.delete(name);
      }
    },
    async over(keyId: string, requestHash: string): Promise<void> {
      const equal = submits.get(nameOf(keyId, requestHash));
      if (equal !== undefined) await Promise.allSettled(equal);
    },
  };
}

const prefixOf = (requestHash: string): string => `call ${requestHash} `;
