// The port to whoever ends a task at its owner's wish.

/**
 * `cancelled`: it has ended. `requested`: it runs, and whoever works on it ends it soon. `final`: it had ended before.
 * `unknown`: this key has no such task.
 */
export type CancelOutcome = 'cancelled' | 'requested' | 'final' | 'unknown';

/** Cancels a task of this key. */
export type CancelTask = (taskId: string, keyId: string) => Promise<CancelOutcome>;
