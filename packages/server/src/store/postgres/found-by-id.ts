// Conditions on rows that are found by their ids.

/**
 * Condition on the state of a row. No partial index of a state fits it: when statistics were made at a moment at which nothing had the
 * state, a plan would rather go through that index than find an id, through all that has the state since, or had it under a snapshot
 * that is held.
 */
export const hasState = (state: 'pending' | 'running', of = ''): string => `${of}state || '' = '${state}'`;

/** Condition on a task that has ended, as `hasState`. */
export const hasEnded = `tasks.state || '' IN ('succeeded', 'error')`;

/** Condition on an attempt that is found by its task, and is open; as `hasState`. */
export const isOpen = (of = ''): string => `(${of}outcome || '') IS NULL`;
