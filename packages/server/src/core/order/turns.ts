// Fair order of owners, by virtual time (start-time fair queueing). Each owner has a turn, over all that it waits for, and the next task is
// one of the owner with the lowest. Its turn then grows by one share of a task, so that over any time in which owners wait, each is
// served by its weight, however many tasks, keys or needs it has. Virtual time is the highest tag at which a task was taken: who comes
// anew begins there, with no credit for the time in which it was idle and no debt for what it used alone.

/** Owner that waits. */
export interface OwnerTurn {
  ownerId: string;
  /** Its turn. The owner with the lowest is served next, and of several with the same that with the lowest id. */
  turn: number;
  /** Its share beside other owners. Above 0. */
  weight: number;
}

/** Weight of a key that is its own owner. */
export const usualWeight = 1;
/**
 * Lowest weight: turns are sums of inverses of weights, and all owners go on from the highest. A far lower one would bring it, with one task,
 * to where the shares of others are lost in rounding.
 */
export const minWeight = 0.001;
export const maxWeight = 1_000;

/** Turn of an owner that begins to wait, and waited for nothing before. */
export function turnOnArrival(turn: number | null, virtualTime: number): number {
  return Math.max(turn ?? 0, virtualTime);
}

/**
 * Tag of the task that is taken at a turn. `virtualTime` is that from before the take: an owner that waited and could not be served, for want
 * of a slot or by its limit, has no credit for that time.
 */
export function tagAt(turn: number, virtualTime: number): number {
  return Math.max(turn, virtualTime);
}

/** Turn of an owner of whose tasks one was taken at this tag. */
export function turnAfter(tag: number, weight: number): number {
  return tag + 1 / weight;
}

export function isBefore(a: OwnerTurn, b: OwnerTurn): boolean {
  return a.turn < b.turn || (a.turn === b.turn && a.ownerId < b.ownerId);
}

/** Owners, of which that whose turn it is can be looked at, in a time that grows by their number’s logarithm. */
export interface TurnOrder<Owner extends OwnerTurn> {
  first(): Owner | undefined;
  add(owner: Owner): void;
  /** To be called after the turn of the first has grown. */
  firstHasMoved(): void;
  removeFirst(): void;
}

export function createTurnOrder<Owner extends OwnerTurn>(owners: readonly Owner[] = []): TurnOrder<Owner> {
  // A heap: none of the two entries at 2n + 1 and 2n + 2 is before that at n. A sorted list is one.
  const heap = owners.toSorted((a, b) => (isBefore(a, b) ? -1 : 1));

  function sink(): void {
    let at = 0;
    for (;;) {
      const here = heap[at];
      const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const lower = isRight ? right : left;
      if (here === undefined || lower === undefined || !isBefore(lower, here)) return;
      heap[at] = lower;
      at = 2 * at + (isRight ? 2 : 1);
      heap[at] = here;
    }
  }

  return {
    first: () => heap[0],
    add(owner) {
      let at = heap.push(owner) - 1;
      for (;;) {
        const above = (at - 1) >>> 1;
        const other = heap[above];
        if (at === 0 || other === undefined || !isBefore(owner, other)) return;
        heap[at] = other;
        heap[above] = owner;
        at = above;
      }
    },
    firstHasMoved: sink,
    removeFirst() {
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return;
      heap[0] = last;
      sink();
    },
  };
}
