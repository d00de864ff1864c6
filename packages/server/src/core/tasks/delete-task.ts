// The port to whoever deletes a task at its owner's wish.

/**
 * `deleted`: its record is gone for good, and its pictures are, or will be soon. `open`: it has not ended yet. `unknown`: this
 * key has no such task.
 */
export type DeleteOutcome = 'deleted' | 'open' | 'unknown';

/** Deletes a task of this key with its pictures. */
export type DeleteTask = (taskId: string, keyId: string) => Promise<DeleteOutcome>;
