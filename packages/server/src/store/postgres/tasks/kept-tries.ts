// Answers to tries: who has them, and the one that comes in on another node while a try is being submitted.

import type { NewAnswer, Repeated } from '../../../core/tasks/task-store.ts';
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
  ...[keyId, hash, now, limit]: Parameters<TryStore['findTries']>
): Promise<KeptTry[]> {
  const rows = await query(
    `SELECT ${tryColumns} FROM kept_answers
     WHERE key_id = $1 AND idempotency_key > $2 AND idempotency_key < $3 AND expires_at > $4
     ORDER BY idempotency_key DESC LIMIT $5`,
    [keyId, tryPrefix(hash), behindTries(hash), now, limit],
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

/**
 * Finds, for tries of calls, other tries of them that came in meanwhile on another node, and claims those that they follow. From here on no
 * other transaction stores a try of these calls.
 */
export async function repeatOthers<Each extends Asked>(
  query: Query,
  all: readonly Each[],
): Promise<Map<Each, Repeated>> {
  const repeated = new Map<Each, Repeated>();
  const asking = all.flatMap((asked) => {
    const { once } = asked;
    return once?.ofTry === undefined ? [] : [{ asked, once: { ...once, ofTry: once.ofTry } }];
  });
  if (asking.length === 0) return repeated;
  void query(lockSql, [asking.map(({ once }) => `${once.keyId} ${once.requestHash}`)]);
  const now = Math.min(...asking.map(({ asked }) => asked.at));
  const rows = await query(othersSql, [...soughtRows.of(asking.map(({ once }) => once)), now]);
  const others = Map.groupBy(rows, ({ place }) => Number(place) - 1);
  for (const [index, found] of others) {
    const { asked, once } = asking[index]!;
    const other = findMeanwhile(
      once,
      found.map((row) => toAnswer(row) as KeptTry),
    );
    if (other === null) continue;
    const { kept, isClaimed } = other;
    // Of two that claim it at once in this group one has it, and the other shares its task.
    const hasIt = isClaimed && (await claimIn(query, kept, once.ofTry));
    repeated.set(asked, {
      kind: 'repeated',
      answer: kept,
      ...(hasIt ? { claims: kept.claims + 1 } : {}),
    });
  }
  return repeated;
}
