// Time up to which a step of a sweep has left nothing.

/**
 * Gives it from the times at which tasks finished that the step found, of which it takes up to `limit`, and the last time it looked at. Others
 * may have finished in the same millisecond as the last that was taken.
 */
export function deletedUpTo(
  found: readonly number[],
  { limit, last }: { limit: number; last: number },
): number {
  return found.length < limit ? last : Math.max(...found) - 1;
}
