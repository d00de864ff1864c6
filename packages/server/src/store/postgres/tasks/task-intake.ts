// Insertion of tasks: those of whom nothing is limited by one statement, the others when the gate has judged them in the same transaction.

import type { Gate } from '../../../core/limits/judge-submit.ts';
import { judgesSubmits } from '../../../core/limits/subjects.ts';
import type {
  Inserted,
  NewTask,
  Repeated,
  StoredAnswer,
  TaskIntake,
} from '../../../core/tasks/task-store.ts';
import { countOf } from '../../../core/tasks/task.ts';
import { answerColumns } from '../../rows.ts';
import { sliced } from '../../slices.ts';
import type { Query } from '../database/statements.ts';
import { toColumn } from '../database/text.ts';
import { last, oneByOne, type Transaction, type WriteAll, type Writer } from '../database/writer.ts';
import { judgeAll, judgeNow, type Judgement } from '../ledger/gate.ts';
import { insertIfFree, insertJudged, type TaskRow, toRow, withReservation } from './insert-rows.ts';
import { type Asked, dropAnswers, keepOnce, toAnswer } from './kept-answers.ts';
import { createPendingCount } from './pending-count.ts';
import { createTries, repeatOthers } from './kept-tries.ts';

/** `alone` writes one thing at a time, apart from the others. */
export function createTaskIntake(
  query: Query,
  { write }: Pick<Writer, 'write'>,
  alone: Pick<Writer, 'write'>,
): TaskIntake {
  const pending = createPendingCount(query);
  const insertTasks = insertingTasks(createRecent());
  return {
    async insert(tasks, once = null, gate = null) {
      const asked = { at: tasks[0]?.createdAt ?? 0, once, gate };
      const [rows = []] = sliced(tasks.entries(), toRow);
      // Rows on their way are memory that nobody has counted, and others would wait for the end of so many.
      const inserted = await (rows.length === tasks.length
        ? write(insertTasks, { ...asked, rows })
        : alone.write(insertLarge, [{ ...asked, tasks }]));
      if (inserted.kind === 'inserted') pending.add(tasks.length);
      return inserted;
    },
    judge: (tasks, gate) => judgeNow(query, alone, { tasks: tasks.map(withPictures), gate }),
    async findAnswer(keyId, idempotencyKey, now) {
      const [row] = await query(
        `SELECT ${answerColumns} FROM kept_answers WHERE key_id = $1 AND idempotency_key = $2 AND expires_at > $3`,
        [keyId, toColumn(idempotencyKey), now],
      );
      return row === undefined ? null : toAnswer(row);
    },
    ...createTries(query, { write }),
    countPending: pending.count,
  };
}

interface Submitted extends Asked {
  gate: Gate | null;
}
type Small = Submitted & { rows: readonly TaskRow[] };
type Large = Submitted & { tasks: readonly NewTask[] };

/** Inserts tasks; `limited` are the keys that were found limited by rows of their own. */
const insertingTasks = (limited: Recent): WriteAll<Small, Inserted> =>
  last(async (transaction, all) => {
    const kept = await repeats(transaction.query, all);
    const asking = all.filter((asked) => !kept.has(asked));
    const [likely, others] = parted(
      asking,
      ({ gate, rows: [row] }) => hasDefaults(gate) || (row !== undefined && limited.has(nameOf(row))),
    );
    const gated = [...likely, ...(await insertIfFree(transaction, others))];
    const judged = await judgeAll(
      transaction,
      gated.map((asked) => ({ asked, tasks: asked.rows, gate: asked.gate })),
    );
    const judgements = new Map([...judged].map(([{ asked }, judgement]) => [asked, judgement]));
    for (const [{ rows }, { isLimited }] of judgements)
      for (const row of rows.slice(0, 1)) limited.note(nameOf(row), isLimited);
    void insertJudged(
      transaction,
      [...judgements].flatMap(([{ rows }, judgement]) => accepted(rows, judgement)),
    );
    return await outcomes(transaction, all, kept, judgements);
  });

/** Gives those whose answer is there already, and stores the answers of the others. */
async function repeats<Each extends Asked>(
  query: Query,
  all: readonly Each[],
): Promise<ReadonlyMap<Each, Repeated>> {
  const { repeated, claimStored } = await repeatOthers(query, all);
  const kept = await keepOnce(
    query,
    all.filter((asked) => !repeated.has(asked)),
  );
  await claimStored();
  return new Map([
    ...repeated,
    ...[...kept].map(([asked, answer]) => [asked, { kind: 'repeated', answer } as const] as const),
  ]);
}

/** Keys that were limited lately: to look for their limits before they are judged would be a round trip more. */
interface Recent {
  has(name: string): boolean;
  note(name: string, isLimited: boolean): void;
}

const maxRecent = 10_000;

function createRecent(): Recent {
  const names = new Set<string>();
  return {
    has: (name) => names.has(name),
    note(name, isLimited) {
      if (names.size >= maxRecent) names.clear();
      if (isLimited) names.add(name);
      else names.delete(name);
    },
  };
}

const nameOf = ({ keyId, ownerId = keyId }: TaskRow) => JSON.stringify([keyId, ownerId]);

const insertLarge = oneByOne(async (transaction: Transaction, asked: Large): Promise<Inserted> => {
  const kept = await repeats(transaction.query, [asked]);
  const judgements = new Map<Large, Judgement>();
  if (!kept.has(asked)) {
    const toJudge = { tasks: asked.tasks.map(withPictures), gate: asked.gate };
    const judged = await judgeAll(transaction, [toJudge]);
    const judgement = judged.get(toJudge) ?? free;
    judgements.set(asked, judgement);
    for (const rows of sliced(asked.tasks.entries(), toRow))
      await insertJudged(transaction, accepted(rows, judgement));
  }
  const [inserted] = await outcomes(transaction, [asked], kept, judgements);
  return inserted!;
});

const withPictures = (task: NewTask) => ({ ...task, pictures: countOf(task.request) });
const free: Judgement = { refusal: null, isLimited: false };

const hasDefaults = (gate: Gate | null) => Object.values(gate?.defaults ?? {}).some(judgesSubmits);

function accepted(rows: readonly TaskRow[], { refusal, isLimited }: Judgement): readonly TaskRow[] {
  if (refusal !== null) return [];
  return isLimited ? rows.map(withReservation) : rows;
}

/** Says what became of each. An answer was stored for the first of equal requests; where that is refused, it goes and they are refused with it. */
async function outcomes<Each extends Submitted>(
  { query }: Transaction,
  all: readonly Each[],
  kept: ReadonlyMap<Each, Repeated>,
  judgements: ReadonlyMap<Each, Judgement>,
): Promise<Inserted[]> {
  const refusals = new Map<StoredAnswer, Inserted>();
  const own = all.map((asked): Inserted => {
    const refusal = judgements.get(asked)?.refusal ?? null;
    if (refusal === null) return { kind: 'inserted' };
    const refused: Inserted = { kind: 'refused', refusal };
    if (asked.once !== null) refusals.set(asked.once, refused);
    return refused;
  });
  await dropAnswers(query, [...refusals.keys()]);
  return all.map((asked, index) => {
    const repeated = kept.get(asked);
    return repeated === undefined ? own[index]! : (refusals.get(repeated.answer) ?? repeated);
  });
}

function parted<Item>(items: readonly Item[], isFirst: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(isFirst), items.filter((item) => !isFirst(item))];
}
