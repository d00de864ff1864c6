// A bounded cache of status texts by task. It has two generations instead of a list in order of use: a text that is asked for
// again moves to the young one. When the young one is full, it becomes the old one, and the old one is dropped with all that
// nobody asked for meanwhile. A hit in the young one takes one look-up.

import { endOfTaskId } from '../../lib/ids.ts';
import { TextMap } from '../../lib/text-map.ts';

export interface CachedText {
  readonly text: string;
  /** Whether the text still holds; `undefined` where it depends on nothing but its task. */
  readonly isCurrent: (() => boolean) | undefined;
}

export interface StatusCache<Entry extends CachedText> {
  get(id: string): Entry | undefined;
  /** Stores the text, where `keepsAtOnce` is not set only if the id was asked for before. */
  keep(id: string, entry: Entry): void;
  forget(id: string): void;
  forgetAll(): void;
}

/** Maximal number of characters in one of the two generations. */
const generationSize = 32 * 2 ** 20;
/** Number of bits for the ends of a generation's ids, a power of two. It holds some 40,000 usual texts, so that one bit in seven is set. */
const endBits = 2 ** 18;
/**
 * Number of ids that are remembered as asked for once, a power of two. With 2^16, most texts of 100,000 that are queried at random were cached,
 * only to be dropped before they were of use: 1 µs of a query. Of few, those that are asked for again and again are cached after some more.
 */
const askedSlots = 2 ** 12;

export function createStatusCache<Entry extends CachedText>({
  keepsAtOnce,
}: {
  keepsAtOnce: boolean;
}): StatusCache<Entry> {
  let young = createGeneration<Entry>();
  let old = createGeneration<Entry>();
  const askedBefore = createAskedBefore();

  function forget(id: string): void {
    young.delete(id);
    old.delete(id);
  }

  function add(id: string, entry: Entry): void {
    if (young.size > generationSize) {
      old = young;
      young = createGeneration();
    }
    young.add(id, entry);
  }

  return {
    get(id) {
      const end = endOfTaskId(id);
      let entry = young.get(id, end);
      if (entry === undefined) {
        entry = old.get(id, end);
        if (entry === undefined) return undefined;
        old.delete(id);
        add(id, entry);
      }
      if (entry.isCurrent === undefined || entry.isCurrent()) return entry;
      forget(id);
      return undefined;
    },
    keep(id, entry) {
      if (!keepsAtOnce && !askedBefore(id)) return;
      forget(id);
      add(id, entry);
    },
    forget,
    forgetAll() {
      young = createGeneration();
      old = createGeneration();
    },
  };
}

/**
 * Texts, and a bit for the end of each id, which stays set when its text goes. An id whose bit is not set has no text here: so most queries of
 * texts that are not cached are spared a look-up in a map that no processor's cache holds.
 */
function createGeneration<Entry extends CachedText>() {
  const texts = new TextMap<Entry>();
  const bits = new Uint32Array(endBits / 32);
  let size = 0;
  const get = (id: string, end: number): Entry | undefined => {
    const bit = end & (endBits - 1);
    return ((bits[bit >>> 5] ?? 0) & (1 << bit)) === 0 ? undefined : texts.get(id);
  };
  return {
    /** Characters of all texts. */
    get size() {
      return size;
    },
    /** `end` is that of the id. */
    get,
    /** Takes a text of an id that has none. */
    add(id: string, entry: Entry): void {
      const bit = endOfTaskId(id) & (endBits - 1);
      bits[bit >>> 5] = (bits[bit >>> 5] ?? 0) | (1 << bit);
      texts.set(id, entry);
      size += entry.text.length;
    },
    delete(id: string): void {
      const entry = get(id, endOfTaskId(id));
      if (entry === undefined) return;
      texts.delete(id);
      size -= entry.text.length;
    },
  };
}

/**
 * Remembers ids that were asked for, so that a text is cached at its second query only. Caching each of a million tasks queried
 * at random, only to drop it again, made the garbage collector the dearest part of such a query. An id's last 32 bits are random,
 * and so choose its slot.
 */
function createAskedBefore(): (id: string) => boolean {
  const asked = new Int32Array(askedSlots);
  return (id) => {
    const tail = endOfTaskId(id);
    const slot = tail & (askedSlots - 1);
    if (asked[slot] === tail) return true;
    asked[slot] = tail;
    return false;
  };
}
