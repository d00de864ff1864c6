// Port of retention: deletes tasks and pictures that have had their time. Claims let one of several processes do each piece of work.

/** Terms of a claim. No other process can claim the rows for `claimMs` from `now`. Later writes rely on their own conditions, not on it. */
export interface Claim {
  /** Unix milliseconds. */
  now: number;
  claimMs: number;
  limit: number;
}

/**
 * How long inputs are stored: as long as a task `needed` them to run, or as long as its `result`, so that it can be run again with the
 * same ones.
 */
export type InputLifetime = 'needed' | 'result';

export interface PromptsToDelete {
  /** Bounds of the times at which the tasks finished, Unix milliseconds: after `after`, and at or before `finishedBy`. */
  after: number;
  finishedBy: number;
  /** Time that is noted. */
  at: number;
  /** How many tasks are looked at, from `after` on; with them all that finished in the same millisecond as the last. */
  among: number;
  /** How many prompts at most are deleted. */
  limit: number;
}

export interface DeletedPrompts {
  deleted: number;
  /** No prompt is left of a task that finished after `after`, and at or before this. */
  upTo: number;
}

export interface TaskRetention {
  /** Gives the lifetime of inputs where the settings say nothing: `needed` for an installation that was there before there was a choice. */
  defaultInputLifetime(): Promise<InputLifetime>;
  /** Time at which the oldest task with inputs that has not ended was submitted, Unix milliseconds; `null` where there is none. */
  oldestOpenWithInputs(): Promise<number | null>;
  /**
   * Claims succeeded tasks whose pictures have expired: after the time in the request, or else after `retentionMs`. Gives the keys of the
   * pictures.
   */
  claimExpiredPictures(
    claim: Claim & { retentionMs: number },
  ): Promise<{ taskId: string; pictures: string[] }[]>;
  markPicturesDeleted(taskIds: readonly string[], at: number): Promise<void>;
  /** Deletes prompts of final tasks, the oldest first, and leaves the rest of each. */
  deletePrompts(options: PromptsToDelete): Promise<DeletedPrompts>;
  /**
   * Deletes final tasks that finished at or before `finishedBy` and have no pictures left, with their attempts, and stores the deliveries that
   * tell of it, at `at`. A step has up to `limit` rows, tasks and deliveries together, and at least one task: so the more endpoints are told of
   * each, the fewer it deletes. Resolves with the number of tasks, 0 where none is left.
   */
  deleteFinished(options: { finishedBy: number; at: number; limit: number }): Promise<number>;
  /**
   * Deletes a final task of this key with its attempts, and notes in the same transaction that its pictures must be deleted, those too that
   * came before a task for several failed, or were set aside; and stores the deliveries that tell of it. Resolves with their keys in the picture store; `null` where this key has no such task, or it has not ended.
   */
  deleteIfFinal(taskId: string, keyId: string, at: number): Promise<string[] | null>;
  /** Claims pictures that were noted for deletion at or before `notedBy`, and notes them anew at `now`. Gives their keys. */
  claimPicturesToDelete(options: { notedBy: number; now: number; limit: number }): Promise<string[]>;
  forgetPictures(keys: readonly string[]): Promise<void>;
  /**
   * Deletes up to `limit` turns of owners that the virtual time has reached: an owner that comes back begins there, with or without them. Resolves
   * with their number.
   */
  deletePassedTurns(limit: number): Promise<number>;
  /** Deletes expired answers; resolves with their number. */
  deleteExpiredAnswers(now: number): Promise<number>;
  /** Writes over what was deleted so far where it still lies in the database's file, as far as no read under way needs it. To be called after deletions. */
  writeOverDeleted(): Promise<void>;
}
