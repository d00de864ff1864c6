// Answers to requests which may come again, stored in the transaction of the tasks.

import type { NewAnswer, StoredAnswer } from '../../../core/tasks/task-store.ts';
import { answerColumns, type Row } from '../../rows.ts';
import { rowParameters } from '../database/parameters.ts';
import type { Query } from '../database/statements.ts';
import { fromColumn, toColumn } from '../database/text.ts';

/** A request to insert tasks, as far as its answer is kept. */
export interface Asked {
  /** Time of the request, Unix milliseconds. */
  at: number;
  once: NewAnswer | null;
}

const keptRows = rowParameters<NewAnswer>({
  key_id: ['text', ({ keyId }) => keyId],
  idempotency_key: ['text', ({ idempotencyKey }) => toColumn(idempotencyKey)],
  request_hash: ['text', ({ requestHash }) => requestHash],
  answer: ['text', ({ answer }) => answer],
  expires_at: ['bigint', ({ expiresAt }) => expiresAt],
  held_by: ['text', ({ ofTry }) => ofTry?.heldBy ?? null],
  held_at: ['bigint', ({ ofTry }) => (ofTry === undefined || ofTry.heldBy === null ? null : ofTry.at)],
});

// Another transaction that has stored one and is about to commit is waited for. What is there is locked, so it stays until it is read.
const keepSql = `INSERT INTO kept_answers (${keptRows.names}) SELECT ${keptRows.names} FROM ${keptRows.table} ORDER BY place
   ON CONFLICT (key_id, idempotency_key) DO UPDATE
     SET request_hash = excluded.request_hash, answer = excluded.answer, expires_at = excluded.expires_at,
       held_by = excluded.held_by, held_at = excluded.held_at, claims = 0
     WHERE kept_answers.expires_at <= $8
   RETURNING ${answerColumns}`;

/** Stores answers under idempotency keys that have none yet; gives those that were kept to whoever asks for the same again. */
export async function keepOnce<Each extends Asked>(
  query: Query,
  all: readonly Each[],
): Promise<Map<Each, StoredAnswer>> {
  const found = new Map<Each, StoredAnswer>();
  const asking = all.flatMap((asked) => (asked.once === null ? [] : [{ asked, once: asked.once }]));
  if (asking.length === 0) return found;
  const groups = [...Map.groupBy(asking, ({ once }) => nameOf(once))]
    .map(([name, [first, ...again]]) => ({ name, first: first!, again }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const now = Math.min(...asking.map(({ asked }) => asked.at));
  const stored = await query(keepSql, [...keptRows.of(groups.map(({ first }) => first.once)), now]);
  const mine = new Set(stored.map((row) => nameOf(toAnswer(row))));
  const refused = groups.filter(({ name }) => !mine.has(name)).map(({ first }) => first.once);
  const others = await findAnswers(query, refused);
  for (const { name, first, again } of groups) {
    const kept = others.get(name) ?? first.once;
    for (const { asked } of mine.has(name) ? again : [first, ...again]) found.set(asked, kept);
  }
  return found;
}

/** Name of an answer, by which they are ordered too. */
const nameOf = ({ keyId, idempotencyKey }: StoredAnswer) => JSON.stringify([keyId, idempotencyKey]);

async function findAnswers(
  query: Query,
  sought: readonly StoredAnswer[],
): Promise<Map<string, StoredAnswer>> {
  if (sought.length === 0) return new Map();
  const rows = await query(
    `SELECT ${answerColumns} FROM kept_answers WHERE key_id = ANY ($1) AND idempotency_key = ANY ($2)`,
    keptRows.of(sought).slice(0, 2),
  );
  return new Map(rows.map(toAnswer).map((answer) => [nameOf(answer), answer]));
}

export function toAnswer(row: Row): StoredAnswer {
  const answer = row as unknown as StoredAnswer;
  return { ...answer, idempotencyKey: fromColumn(answer.idempotencyKey) };
}

/** Drops the answers of requests that were refused after all; a transaction that waits for one of them stores its own. */
export async function dropAnswers(query: Query, answers: readonly StoredAnswer[]): Promise<void> {
  if (answers.length === 0) return;
  await query(
    `DELETE FROM kept_answers USING ${keptRows.table}
     WHERE kept_answers.key_id = asked.key_id AND kept_answers.idempotency_key = asked.idempotency_key`,
    keptRows.of(answers),
  );
}
