// Answers to tries: who has them, and the one that comes in on another node while a try is being submitted.

import type { NewAnswer, Repeated, StoredAnswer } from '../../../core/tasks/task-store.ts';
import {
  behindTries,
  findMeanwhile,
  type KeptTry,
  maxTries,
  type NewTry,
  type TryClaim,
  type TryEnd,
  type TryStore,
  tryPrefix,
} from '../../../core/repeats/tries.ts';
import { tryColumns } from '../../rows.ts';
import { locks } from '../database/locks.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';
import { toColumn } from '../database/text.ts';
import { oneByOne, type Transaction, type WriteAll, type Writer } from '../database/writer.ts';
import { type Asked, toAnswer } from './kept-answers.ts';

export function createTries(query: Query, { write }: Pick<Writer, 'write'>): TryStore {
  return {
    findTries: (...asked) => findTries(query, ...asked),
    claimTry: (seen, held) => write(claim, [seen, held]),
    async endTries(ends) {
      if (ends.length > 0) await write(end, ends);
    },
  };
}

async function findTries(
  query: Query,
  ...[keyId, hash, now, limit, before = behindTries(hash)]: Parameters<TryStore['findTries']>
): Promise<KeptTry[]> {
  const rows = await query(
    `SELECT ${tryColumns} FROM kept_answers
     WHERE key_id = $1 AND idempotency_key > $2 AND idempotency_key < $3 AND expires_at > $4
     ORDER BY idempotency_key DESC LIMIT $5`,
    [keyId, tryPrefix(hash), toColumn(before), now, limit],
  );
  return rows.map((row) => toAnswer(row) as KeptTry);
}

type Held = Pick<NewTry, 'heldBy' | 'at'>;

const claim = oneByOne(({ query }: Transaction, seen: TryClaim, held: Held) => claimIn(query, seen, held));

async function claimIn(query: Query, seen: TryClaim, { heldBy, at }: Held): Promise<boolean> {
  const { keyId, idempotencyKey, claims } = seen;
  const rows = await query(
    `UPDATE kept_answers SET held_by = $4, held_at = $5, claims = claims + 1
     WHERE key_id = $1 AND idempotency_key = $2 AND claims = $3 RETURNING claims`,
    [keyId, toColumn(idempotencyKey), claims, heldBy, at],
  );
  return rows.length === 1;
}

const endRows = rowParameters<TryEnd>({
  key_id: ['text', ({ keyId }) => keyId],
  idempotency_key: ['text', ({ idempotencyKey }) => toColumn(idempotencyKey)],
  claims: ['integer', ({ claims }) => claims],
});
const isEnded = `kept_answers.key_id = asked.key_id AND kept_answers.idempotency_key = asked.idempotency_key
  AND kept_answers.claims = asked.claims`;

const end: WriteAll<readonly TryEnd[], void> = async ({ query }, all) => {
  const [given, others] = [true, false].map((isGiven) =>
    all.flat().filter((each) => each.isGiven === isGiven),
  );
  if (given!.length > 0)
    await query(`DELETE FROM kept_answers USING ${endRows.table} WHERE ${isEnded}`, endRows.of(given!));
  if (others!.length > 0)
    await query(
      `UPDATE kept_answers SET held_by = NULL FROM ${endRows.table} WHERE ${isEnded}`,
      endRows.of(others!),
    );
  return all.map(() => undefined);
};

const lockSql = `SELECT pg_advisory_xact_lock(${locks.tries}, key)
  FROM (SELECT DISTINCT hashtext(name) AS key FROM unnest($1::text[]) AS names (name) ORDER BY key) AS sorted`;

const soughtRows = rowParameters<NewAnswer>({
  key_id: ['text', ({ keyId }) => keyId],
  after: ['text', ({ requestHash }) => tryPrefix(requestHash)],
  before: ['text', ({ requestHash }) => behindTries(requestHash)],
});
const othersSql = `SELECT place::integer, found.* FROM ${soughtRows.table}
  CROSS JOIN LATERAL (
    SELECT ${tryColumns} FROM kept_answers
    WHERE key_id = asked.key_id COLLATE "C" AND idempotency_key > asked.after COLLATE "C" AND idempotency_key < asked.before COLLATE "C"
      AND expires_at > $4
    ORDER BY idempotency_key DESC LIMIT ${maxTries}) AS found
  ORDER BY place, found."idempotencyKey" DESC`;

/** Tries that make no tasks of their own, as another try of their call makes or made them. */
export interface Others<Each> {
  repeated: Map<Each, Repeated>;
  /** Makes the claims of tries of the group itself, once those are stored. */
  claimStored: () => Promise<void>;
}

/**
 * Finds, for tries of calls, other tries of them that came in meanwhile, on another node or earlier in this group, and claims those that they
 * follow. From here on no other transaction stores a try of these calls.
 */
export async function repeatOthers<Each extends Asked>(
  query: Query,
  all: readonly Each[],
): Promise<Others<Each>> {
  const repeated = new Map<Each, Repeated>();
  const claims = new Map<NewAnswer, Held>();
  const asking = all.flatMap((asked) => {
    const { once } = asked;
    return once?.ofTry === undefined ? [] : [{ asked, once: { ...once, ofTry: once.ofTry }, own: once }];
  });
  if (asking.length > 0) {
    const stored = await findStored(query, asking);
    const earlier = new Map<string, NewAnswer[]>();
    for (const [index, { asked, once, own }] of asking.entries()) {
      const ofCall = earlier.get(callOf(once)) ?? [];
      const found = [...(stored.get(index) ?? []), ...ofCall].toSorted(newestFirst);
      const other = findMeanwhile(once, found);
      if (other === null) earlier.set(callOf(once), [...ofCall, own]);
      else {
        // Of two that claim it at once in this group one has it, and the other shares its task.
        const claimed = other.isClaimed ? await claimOther(query, claims, other.kept, once.ofTry) : {};
        repeated.set(asked, { kind: 'repeated', answer: other.kept, ...claimed });
      }
    }
  }
  return {
    repeated,
    async claimStored() {
      for (const [own, held] of claims) await claimIn(query, { ...own, claims: 0 }, held);
    },
  };
}

interface Asking {
  asked: Asked;
  once: NewAnswer;
}

const callOf = ({ keyId, requestHash }: NewAnswer): string => `${keyId} ${requestHash}`;

const newestFirst = (a: StoredAnswer, b: StoredAnswer): number =>
  Number(a.idempotencyKey < b.idempotencyKey) - Number(a.idempotencyKey > b.idempotencyKey);

/** Locks the calls, and finds the tries of each that are stored, by its place. */
async function findStored(query: Query, asking: readonly Asking[]): Promise<Map<number, KeptTry[]>> {
  void query(lockSql, [asking.map(({ once }) => callOf(once))]);
  const now = Math.min(...asking.map(({ asked }) => asked.at));
  const rows = await query(othersSql, [...soughtRows.of(asking.map(({ once }) => once)), now]);
  const places = Map.groupBy(rows, ({ place }) => Number(place) - 1);
  return new Map([...places].map(([place, found]) => [place, found.map((row) => toAnswer(row) as KeptTry)]));
}

/** Claims a try that is stored, or notes it in `claims` for when it is; gives the number of the claim where there is none before it. */
async function claimOther(
  query: Query,
  claims: Map<NewAnswer, Held>,
  other: KeptTry | NewAnswer,
  held: Held,
): Promise<{ claims?: number }> {
  if ('claims' in other) return (await claimIn(query, other, held)) ? { claims: other.claims + 1 } : {};
  if (claims.has(other)) return {};
  claims.set(other, held);
  return { claims: 1 };
}
