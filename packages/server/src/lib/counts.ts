// Counts by name, of names that come and go: one of which there is nothing is forgotten.

export interface Counts {
  /** 0 for a name that is not known. */
  of(name: string): number;
  add(name: string, change: number): void;
}

export function createCounts(): Counts {
  const counts = new Map<string, number>();
  const of = (name: string) => counts.get(name) ?? 0;
  return {
    of,
    add(name, change) {
      const count = of(name) + change;
      if (count === 0) counts.delete(name);
      else counts.set(name, count);
    },
  };
}
