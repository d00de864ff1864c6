// How many calls at once a key bears, found out as TCP does (additive increase, multiplicative decrease): a little more
// after each success, half when the upstream is overloaded.

/** From where the search starts when the operator set no limit; more than a key has been seen to bear. */
const highCeiling = 1_000;

export interface AdaptiveLimit {
  /** Calls at once, a whole number of at least 1. */
  current(): number;
  raise(): void;
  /** `inFlight` counts the call that found the upstream overloaded. */
  halve(inFlight: number): void;
}

/** `ceiling` is the operator's limit, which is never passed. */
export function createAdaptiveLimit(ceiling: number | undefined): AdaptiveLimit {
  const highest = ceiling ?? highCeiling;
  let limit = highest;
  return {
    current: () => Math.floor(limit),
    raise() {
      limit = Math.min(highest, limit + 1 / limit);
    },
    halve(inFlight) {
      // Half of a ceiling that nobody chose would still be far more than what just proved too much.
      const from = ceiling === undefined && limit === highest ? Math.min(limit, inFlight) : limit;
      limit = Math.max(1, from / 2);
    },
  };
}
