// The port by which tasks and their pictures go, and claims, by which one of many does what is to be done.

/** Terms of a claim, after which nobody else can claim the rows for `claimMs` from `now`. It is no fence: writes have their conditions. */
export interface Claim {
  /** Unix milliseconds. */
  now: number;
  claimMs: number;
  limit: number;
}

/** How tasks and their pictures go. */
export interface TaskRetention {
  /**
   * Claims succeeded tasks whose pictures are there and have had their time: `retentionMs`, where their request says nothing else. Gives the
   * keys of the pictures.
   */
  claimExpiredPictures(
    claim: Claim & { retentionMs: number },
  ): Promise<{ taskId: string; pictures: string[] }[]>;
  /** Notes that the pictures of these tasks are gone. */
  markPicturesDeleted(taskIds: readonly string[], at: number): Promise<void>;
  /**
   * Deletes up to `limit` final tasks that finished at or before `finishedBy` and have no pictures left, with their
   * attempts. Resolves with how many there were.
   */
  deleteFinished(options: { finishedBy: number; limit: number }): Promise<number>;
  /**
   * Deletes a final task of this key with its attempts, and notes in the same transaction that its pictures are to be deleted.
   * Resolves with their keys in the picture store; with `null` where this key has no such task, or it has not ended.
   */
  deleteIfFinal(taskId: string, keyId: string, at: number): Promise<string[] | null>;
  /** Claims pictures whose task was deleted at or before `notedBy`: they count as noted at `now`. */
  claimPicturesToDelete(options: { notedBy: number; now: number; limit: number }): Promise<string[]>;
  /** Forgets that these were to be deleted: they are. */
  forgetPictures(keys: readonly string[]): Promise<void>;
  /** Resolves with how many there were. */
  deleteExpiredAnswers(now: number): Promise<number>;
}
