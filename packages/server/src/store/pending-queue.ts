// The queue of a model from those of its needs, of each of which only the beginning was read.

interface Queue {
  entries: { dueAt: number; id: string }[];
  isWhole: boolean;
}

/** Joins the first `limit` entries of each need, up to where all are known. */
export function joinQueues(queues: readonly Queue['entries'][], limit: number): Queue {
  /** The last due time up to which every need was read. */
  const readUpTo = Math.min(
    ...queues.map((some) => (some.length < limit ? Number.POSITIVE_INFINITY : (some.at(-1)?.dueAt ?? 0))),
  );
  const entries = queues.flat().toSorted((a, b) => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1));
  const isWhole = readUpTo === Number.POSITIVE_INFINITY;
  return { entries: isWhole ? entries : entries.filter(({ dueAt }) => dueAt < readUpTo), isWhole };
}
