// A histogram of plain integers, for what is counted too often to be counted by a library.

export interface DurationCounts {
  /** Upper ends of the classes, in seconds, ascending; a last class without an end follows them. */
  readonly bounds: readonly number[];
  /** Durations by class, each in one of them only. */
  readonly counts: Readonly<Float64Array>;
  /** Of all durations, in seconds. */
  readonly sum: number;
  note(ms: number): void;
}

export function createDurationCounts(bounds: readonly number[]): DurationCounts {
  const counts = new Float64Array(bounds.length + 1);
  // In an array, as a variable that holds a fraction would be allocated anew by each note.
  const sum = new Float64Array(1);
  return {
    bounds,
    counts,
    get sum() {
      return sum[0] as number;
    },
    note(ms) {
      const seconds = ms / 1000;
      let at = 0;
      while (at < bounds.length && seconds > (bounds[at] as number)) at += 1;
      counts[at] = (counts[at] as number) + 1;
      sum[0] = (sum[0] as number) + seconds;
    },
  };
}
