// A queue that takes from each owner in turn, however many one of them has put into it.

export interface Turns<Entry> {
  readonly size: number;
  sizeOf(owner: string): number;
  add(owner: string, entry: Entry): void;
  /** The one that `take` would take. */
  peek(): Entry | undefined;
  /** The next one; `undefined` where none is left. */
  take(): Entry | undefined;
  remove(owner: string, entry: Entry): void;
}

export function createTurns<Entry>(): Turns<Entry> {
  // In the order of turns: whoever was served goes to the end.
  const owners = new Map<string, Entry[]>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    sizeOf: (owner) => owners.get(owner)?.length ?? 0,
    add(owner, entry) {
      const own = owners.get(owner);
      if (own === undefined) owners.set(owner, [entry]);
      else own.push(entry);
      size += 1;
    },
    peek: () => owners.values().next().value?.[0],
    take() {
      const [first] = owners;
      if (first === undefined) return undefined;
      const [owner, own] = first;
      owners.delete(owner);
      const entry = own.shift();
      if (own.length > 0) owners.set(owner, own);
      size -= 1;
      return entry;
    },
    remove(owner, entry) {
      const own = owners.get(owner);
      const at = own?.indexOf(entry) ?? -1;
      if (own === undefined || at < 0) return;
      own.splice(at, 1);
      if (own.length === 0) owners.delete(owner);
      size -= 1;
    },
  };
}
