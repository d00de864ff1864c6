// Calls of the last minute, counted in slots of a quarter of a second: to count one costs an addition, however many there were. A count
// leaves 60 to 60.25 seconds after its call, so that in no minute there are more calls than the limit. What other servers counted is
// learned from them, and added.

/** Length of the minute, in seconds. */
export const windowSeconds = 60;
const slotMs = 250;
/** The slot that has begun, and all that may hold a call of the 60 seconds before. */
const slotCount = (windowSeconds * 1000) / slotMs + 1;

/** Calls that other servers counted in their last minutes. */
export interface Elsewhere {
  used: number;
  /** Moment at which the first of them leaves. */
  freeAt: number;
}

/** Calls of one kind of one owner or key. All times are in milliseconds of one clock that never goes back. */
export class RateWindow {
  readonly #slots = new Uint32Array(slotCount);
  /** Number of the newest slot, since the clock's beginning. */
  #newest = 0;
  /** No slot before this one has a call. */
  #oldest = 0;
  #total = 0;
  #elsewhere: Elsewhere | null = null;

  /** Counts calls, whether they fit or not. */
  add(now: number, count: number): void {
    this.#advance(now);
    if (this.#total === 0) this.#oldest = this.#newest;
    const at = this.#newest % slotCount;
    this.#slots[at] = this.#slots[at]! + count;
    this.#total += count;
  }

  /** Calls of the last minute, those of other servers too. */
  used(now: number): number {
    this.#advance(now);
    return this.#total + (this.#elsewhere?.used ?? 0);
  }

  /** Calls of the last minute that this server counted. */
  usedHere(now: number): number {
    this.#advance(now);
    return this.#total;
  }

  /** Sets what other servers counted. */
  learn(elsewhere: Elsewhere | null): void {
    this.#elsewhere = elsewhere;
  }

  /** Milliseconds until the first of the counted calls leaves; 0 where there are none. */
  untilNext(now: number): number {
    const here = this.untilLeft(now, 1);
    const elsewhere = this.#elsewhere === null ? Infinity : Math.max(0, this.#elsewhere.freeAt - now);
    const next = Math.min(here, elsewhere);
    return next === Infinity ? 0 : next;
  }

  /** Milliseconds until so many of this server's calls have left; `Infinity` where there are fewer. */
  untilLeft(now: number, count: number): number {
    this.#advance(now);
    if (count > this.#total || this.#total === 0) return Infinity;
    let slot = Math.max(this.#oldest, this.#newest - slotCount + 1);
    while (this.#slots[slot % slotCount] === 0) slot += 1;
    this.#oldest = slot;
    let left = this.#slots[slot % slotCount]!;
    while (left < count) left += this.#slots[(slot += 1) % slotCount]!;
    return (slot + slotCount) * slotMs - now;
  }

  #advance(now: number): void {
    const slot = Math.floor(now / slotMs);
    if (slot <= this.#newest) return;
    if (slot - this.#newest >= slotCount) {
      this.#slots.fill(0);
      this.#total = 0;
    } else
      for (let next = this.#newest + 1; next <= slot; next += 1) {
        const place = next % slotCount;
        this.#total -= this.#slots[place]!;
        this.#slots[place] = 0;
      }
    this.#newest = slot;
  }
}
