// Reads under way, by what they read. What was read is only to be kept by a cache when nothing has changed since the read began; so a read that
// is dropped goes on for those who wait for it, and whoever asks next begins another.

export interface ReadsInFlight<Value> {
  /** Resolves with what `load` gives; `keep` is called with it before, unless the read was dropped. */
  read(id: string, load: () => Promise<Value>, keep: (value: Value) => void): Promise<Value>;
  drop(id: string): void;
  dropAll(): void;
}

/**
 * With `isJoined` a read under way is one for all who ask meanwhile. That is right where whoever changes something drops the read before he
 * says so; else a read has to begin after it was asked for.
 */
export function createReadsInFlight<Value>({ isJoined = true } = {}): ReadsInFlight<Value> {
  const underWay = new Map<string, { value?: Promise<Value>; count: number }>();
  return {
    async read(id, load, keep) {
      const mine = underWay.get(id) ?? { count: 0 };
      if (isJoined && mine.value !== undefined) return mine.value;
      underWay.set(id, mine);
      mine.count += 1;
      const isDropped = () => underWay.get(id) !== mine;
      async function run(): Promise<Value> {
        try {
          const value = await load();
          if (!isDropped()) keep(value);
          return value;
        } finally {
          mine.count -= 1;
          if (mine.count === 0 && !isDropped()) underWay.delete(id);
        }
      }
      return (mine.value = run());
    },
    drop: (id) => void underWay.delete(id),
    dropAll: () => underWay.clear(),
  };
}
