// A bounded cache of status texts by task. It has two generations instead of a list in order of use: a text that is asked for
// again moves to the young one. When the young one is full, it becomes the old one, and the old one is dropped with all that
// nobody asked for meanwhile. A hit in the young one takes one look-up.

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
/** Number of ids that are remembered as asked for once; a power of two. */
const askedSlots = 2 ** 16;

export function createStatusCache<Entry extends CachedText>({
  keepsAtOnce,
}: {
  keepsAtOnce: boolean;
}): StatusCache<Entry> {
  let young = new TextMap<Entry>();
  let old = new TextMap<Entry>();
  let youngSize = 0;
  const askedBefore = createAskedBefore();

  function forget(id: string): void {
    const entry = young.get(id);
    if (entry !== undefined) {
      young.delete(id);
      youngSize -= entry.text.length;
    }
    old.delete(id);
  }

  function add(id: string, entry: Entry): void {
    if (youngSize > generationSize) {
      old = young;
      young = new TextMap();
      youngSize = 0;
    }
    young.set(id, entry);
    youngSize += entry.text.length;
  }

  return {
    get(id) {
      let entry = young.get(id);
      if (entry === undefined) {
        entry = old.get(id);
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
      young = new TextMap();
      old = new TextMap();
      youngSize = 0;
    },
  };
}

/**
 * Remembers ids that were asked for, so that a text is cached at its second query only. Caching each of a million tasks queried
 * at random, only to drop it again, made the garbage collector the dearest part of such a query. An id's last 32 bits are random,
 * and so choose its slot.
 */
function createAskedBefore(): (id: string) => boolean {
  const asked = new Uint32Array(askedSlots);
  return (id) => {
    const tail = Number.parseInt(id.slice(28), 16);
    const slot = tail % askedSlots;
    if (asked[slot] === tail) return true;
    asked[slot] = tail;
    return false;
  };
}
