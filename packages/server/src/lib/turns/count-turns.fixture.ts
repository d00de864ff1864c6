// Test support: how many turns of the event loop something takes.

/** Counts turns of the event loop until it is ended. */
export function countTurns() {
  let turns = 0;
  let handle = setImmediate(function next() {
    turns += 1;
    handle = setImmediate(next);
  });
  return { get: () => turns, end: () => clearImmediate(handle) };
}
