// Book of a run: its tasks as clients know them, faults, and a timeline of what was done to the cluster.

export interface Book {
  /** Number of tasks that are submitted. */
  readonly count: number;
  /** Ids by the number in the prompt. */
  readonly accepted: Map<number, string>;
  readonly numbers: Map<string, number>;
  /** Ids of tasks whose end was told to the receiver. */
  readonly ended: Set<string>;
  readonly faults: string[];
  readonly timeline: string[];
  accept(number: number, id: string): void;
  /** Adds a line to the timeline, and prints it. */
  note(words: string): void;
  /** Counts something that is allowed and worth knowing, such as refusals while a node is away. */
  countOne(what: string): void;
  readonly counts: Map<string, number>;
}

export function createBook(count: number): Book {
  const startedAt = performance.now();
  const book: Book = {
    count,
    accepted: new Map(),
    numbers: new Map(),
    ended: new Set(),
    faults: [],
    timeline: [],
    counts: new Map(),
    accept(number, id) {
      const before = book.accepted.get(number);
      if (before !== undefined && before !== id)
        book.faults.push(`Submit ${number} was accepted twice: ${before} and ${id}.`);
      book.accepted.set(number, id);
      book.numbers.set(id, number);
    },
    note(words) {
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
      const line = `| ${seconds.padStart(6)} | ${String(book.accepted.size).padStart(8)} | ${String(book.ended.size).padStart(5)} | ${words} |`;
      book.timeline.push(line);
      console.log(line);
    },
    countOne: (what) => void book.counts.set(what, (book.counts.get(what) ?? 0) + 1),
  };
  return book;
}

/** Head of the table that the lines of a timeline make. */
export const timelineHead = ['| second | accepted | ended | what |', '| -----: | -------: | ----: | --- |'];
