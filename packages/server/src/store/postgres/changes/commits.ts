// Commits of this process by the numbers of their changes, of which it notifies its own listeners itself.

export interface Commits {
  /** Runs a commit that gives its number, or `null` where it changed nothing. */
  run(commit: () => Promise<number | null>): Promise<void>;
  /** Resolves when the commits have ended that are under way. */
  settled(): Promise<void>;
  /** Whether this process has committed the changes of this number. */
  isOwn(changed: number): boolean;
  /** Forgets the numbers up to this one. */
  forget(upTo: number): void;
}

export function createCommits(): Commits {
  const numbers = new Set<number>();
  const underWay = new Set<Promise<void>>();
  async function note(commit: Promise<number | null>): Promise<void> {
    const number = await commit;
    if (number !== null) numbers.add(number);
  }
  return {
    async run(commit) {
      const mine = note(commit());
      underWay.add(mine);
      try {
        await mine;
      } finally {
        underWay.delete(mine);
      }
    },
    settled: async () => void (await Promise.allSettled(underWay)),
    isOwn: (changed) => numbers.has(changed),
    forget(upTo) {
      for (const number of numbers) if (number <= upTo) numbers.delete(number);
    },
  };
}
