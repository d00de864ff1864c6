// Reads under way, by what they read: one for all who ask meanwhile. What was read is only to be kept by a cache when nothing has changed
// since the read began; so a read that is dropped goes on for those who wait for it, and whoever asks next begins another.

export interface ReadsInFlight<Value> {
  /** Resolves with what `load` gives; `keep` is called with it before, unless the read was dropped. */
  read(id: string, load: () => Promise<Value>, keep: (value: Value) => void): Promise<Value>;
  drop(id: string): void;
  dropAll(): void;
}

export function createReadsInFlight<Value>(): ReadsInFlight<Value> {
  const underWay = new Map<string, { value?: Promise<Value> }>();
  return {
    async read(id, load, keep) {
      const earlier = underWay.get(id)?.value;
      if (earlier !== undefined) return earlier;
      const mine: { value?: Promise<Value> } = {};
      underWay.set(id, mine);
      const isDropped = () => underWay.get(id) !== mine;
      async function run(): Promise<Value> {
        try {
          const value = await load();
          if (!isDropped()) keep(value);
          return value;
        } finally {
          if (!isDropped()) underWay.delete(id);
        }
      }
      return (mine.value = run());
    },
    drop: (id) => void underWay.delete(id),
    dropAll: () => underWay.clear(),
  };
}
