// Tries of calls whose clients send no Idempotency-Key, and yet count how often they have tried. The answer to each try that made tasks is
// kept under a name of its own, in the transaction of the tasks; a later try of the same call claims it there, so that one gets it on any node.

import type { StoredAnswer } from './stored-answer.ts';

/** A try whose tasks are to be inserted. */
export interface NewTry {
  /** Number of the try, 0 for the first. */
  number: number;
  /** Id of the node on which a call waits for the task; `null` where none waits. */
  heldBy: string | null;
  /** Time of the try, Unix milliseconds. */
  at: number;
  /** Names of other tries that it found, and that are none of its own. */
  known: readonly string[];
}

/** Answer to a try, as it is kept. */
export interface KeptTry extends StoredAnswer {
  /** Id of the node on which a call waits for the task; `null` where none waits. */
  heldBy: string | null;
  /** Time since when it does, Unix milliseconds; `null` where none ever waited. */
  heldAt: number | null;
  /** Number of later tries that have claimed it; with the name it names the claim. */
  claims: number;
}

/** A claim of a try: by the one that made it, 0, or by a later one. */
export interface TryClaim {
  keyId: string;
  /** Name of the try. */
  idempotencyKey: string;
  claims: number;
}

/** `isGiven`: the client has the answer, and the try is forgotten; else nobody waits any more. */
export interface TryEnd extends TryClaim {
  isGiven: boolean;
}

export interface TryStore {
  /** Finds the unexpired answers to tries of the call with this hash, the newest first; after a page of them those `before` its last name. */
  findTries(
    keyId: string,
    requestHash: string,
    now: number,
    limit: number,
    before?: string,
  ): Promise<KeptTry[]>;
  /** Claims a try for a later one, for `heldBy`. False where it was claimed or forgotten since it was read. */
  claimTry(seen: TryClaim, held: Pick<NewTry, 'heldBy' | 'at'>): Promise<boolean>;
  /** Ends claims; those that were followed by another one are left as they are. */
  endTries(ends: readonly TryEnd[]): Promise<void>;
}

/** Tries of one call that are looked at in the transaction of another, newest first: those that came in of late. */
export const maxTries = 20;

/** Makes the beginning of the names of a call's tries. No client can send one as its `Idempotency-Key`: they have spaces. */
export const tryPrefix = (requestHash: string): string => `call ${requestHash} `;

/** Behind all names of a call's tries, in the order of their bytes. */
export const behindTries = (requestHash: string): string => `${tryPrefix(requestHash)}\x7f`;

/** Makes the name of a try; `id` grows with time. */
export const tryName = (requestHash: string, id: string, number: number): string =>
  `${tryPrefix(requestHash)}${id} ${number}`;

/** Number of the try that has this name; 0 where the name has none, as in earlier versions. */
export const tryNumber = (name: string): number => Number(name.split(' ')[3] ?? 0);

/**
 * Finds the try that came in while this one was being submitted, perhaps on another node, and is one of the same call as far as can be said: an
 * earlier one, which this one then claims, or a later one. `others` are those of the call, the newest first.
 */
export function findMeanwhile<Other extends StoredAnswer>(
  { idempotencyKey: name, ofTry: { number, known } }: StoredAnswer & { ofTry: NewTry },
  others: readonly Other[],
): { kept: Other; isClaimed: boolean } | null {
  for (const kept of others) {
    const other = tryNumber(kept.idempotencyKey);
    if (other < number && !known.includes(kept.idempotencyKey)) return { kept, isClaimed: true };
    if (other > number && kept.idempotencyKey > name) return { kept, isClaimed: false };
  }
  return null;
}
