// Bounds of times in a store, by which it tells those that were written while the clock was ahead.

/** The longest deadline that can be set; what lies further ahead was reckoned from a time that was wrong. */
export const maxDeadlineMs = 7 * 24 * 3_600_000;

/** No delivery waits for longer between two tries, unless its receiver asks for it. */
export const maxDelayMs = 6 * 3_600_000;

/** No claim is made for longer. */
export const maxClaimMs = 5 * 60_000;

/** A day may have this long with the clocks set back; what began later did so while the clock was wrong. */
export const maxDayMs = 48 * 3_600_000;
