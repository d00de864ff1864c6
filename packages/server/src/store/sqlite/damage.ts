// A database file that can't be read as it was written: what failed is told in a sentence that an operator can act on, and everything
// that lies on other pages is served on.

import { DamagedStoreError } from '../../core/errors.ts';

/** SQLITE_IOERR, SQLITE_CORRUPT and SQLITE_NOTADB: https://www.sqlite.org/rescode.html. Extended codes hold these in their low byte. */
const reasons: Readonly<Record<number, string>> = {
  10: 'can’t be read from its disk',
  11: 'is damaged',
  26: 'is damaged',
};
const toldEveryMs = 60_000;

/** Gives what is to be thrown in place of the driver's error; the error itself where it tells of no damage. */
export type ExplainDamage = (error: unknown) => unknown;

/** `onDamage` is called with the sentence, at most once a minute: each request that meets the damage fails with it too. */
export function createDamageReport(file: string, onDamage: (sentence: string) => void): ExplainDamage {
  let toldAt = -Infinity;
  return (error) => {
    const reason = reasonOf(error);
    if (reason === undefined) return error;
    const sentence = `${file} ${reason}, so requests that need what lies there fail. Stop the server, put a backup in its place, and start it again.`;
    if (performance.now() - toldAt >= toldEveryMs) {
      toldAt = performance.now();
      onDamage(sentence);
    }
    return new DamagedStoreError(sentence, { cause: error });
  };
}

function reasonOf(error: unknown): string | undefined {
  // JSON of a row that is none any more.
  if (error instanceof SyntaxError) return reasons[11];
  return error instanceof Error && 'errcode' in error ? reasons[Number(error.errcode) & 0xff] : undefined;
}

/** Wraps reads so that they throw what `explain` makes of the driver's errors. */
export function explained<Reads extends object>(reads: Reads, explain: ExplainDamage): Reads {
  const entries = Object.entries(reads as Record<string, (...args: unknown[]) => unknown>);
  const wrapped = entries.map(([name, read]) => [
    name,
    (...args: unknown[]): unknown => {
      try {
        return read(...args);
      } catch (error) {
        throw explain(error);
      }
    },
  ]);
  return Object.fromEntries(wrapped) as Reads;
}
