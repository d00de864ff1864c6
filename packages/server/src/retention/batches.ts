// Repeats a step of a sweep that does so much at most, so that no statement and no list of keys grows with what there is to do.

export interface Batches {
  /** How many at most one step deletes. */
  batch: number;
  /** Aborts when the sweep is to end. */
  stopping: AbortSignal;
}

/** Repeats `step` until it deletes nothing, or the sweep is to end. Resolves with how many all of them deleted. */
export async function untilNone(
  { batch, stopping }: Batches,
  step: (limit: number) => Promise<number>,
): Promise<number> {
  let total = 0;
  for (let deleted = batch; deleted > 0 && !stopping.aborted; total += deleted) deleted = await step(batch);
  return total;
}

/** Repeats `step` until it deletes fewer than it may, or the sweep is to end. Resolves with how many all of them deleted. */
export async function inBatches(
  { batch, stopping }: Batches,
  step: (limit: number) => Promise<number>,
): Promise<number> {
  let total = 0;
  for (let deleted = batch; deleted === batch && !stopping.aborted; total += deleted)
    deleted = await step(batch);
  return total;
}
