// The gate in the transaction of an insertion, which has the keys and owners alone until it is committed.

import {
  type AskedTask,
  type Gate,
  judgeSubmit,
  picturesOf,
  type Refusal,
  subjectsOf,
} from '../../../core/limits/judge-submit.ts';
import type { NewTask } from '../../../core/tasks/task-store.ts';
import type { Query } from '../database/statements.ts';
import type { Transaction, Writer } from '../database/writer.ts';
import { type Judged, readStandings, type Standings, standingsNow } from './standings.ts';

/** New tasks of one key, as far as they are judged. Without a gate nothing is refused. */
export interface ToJudge {
  tasks: readonly (AskedTask & Pick<NewTask, 'keyId' | 'ownerId' | 'createdAt'>)[];
  gate: Gate | null;
}

export interface Judgement {
  refusal: Refusal | null;
  /** Whether the key or its owner has a limit, so that free tasks are entered too. */
  isLimited: boolean;
}

/** Judges those who ask one after another, by what those before them got. */
export async function judgeAll<Each extends ToJudge>(
  { query, balances }: Pick<Transaction, 'query' | 'balances'>,
  all: readonly Each[],
): Promise<Map<Each, Judgement>> {
  const subjects = all.flatMap(subjectsOfAsked);
  if (subjects.length === 0) return new Map();
  balances.lock(subjects.map(({ id }) => id));
  // Entries of the transaction so far are in the balances that are read, and in those that are made.
  balances.write();
  const defaults = all.find(({ gate }) => gate !== null)?.gate?.defaults ?? {};
  const standings = await readStandings(query, subjects, { defaults, keeps: true });
  return new Map(all.map((asked) => [asked, judge(asked, standings)]));
}

/** Judges without inserting, by what is there now. */
export async function judgeNow(
  query: Query,
  alone: Pick<Writer, 'write'>,
  asked: ToJudge,
): Promise<Refusal | null> {
  const subjects = subjectsOfAsked(asked);
  if (subjects.length === 0) return null;
  const defaults = asked.gate?.defaults ?? {};
  return judge(asked, await standingsNow(query, alone, subjects, defaults)).refusal;
}

function judge(asked: ToJudge, standings: Standings): Judgement {
  const { tasks, gate } = asked;
  const subjects = subjectsOfAsked(asked);
  const limited = subjects.filter((subject) => standings.hasLimit(subject));
  const refusal = gate && judgeSubmit(tasks, limited.map(standings.of), gate);
  if (refusal === null) {
    const reserved = tasks.reduce((sum, { price }) => sum + (price?.estimatedMicroUsd ?? 0), 0);
    const pictures = tasks.reduce((sum, task) => sum + picturesOf(task), 0);
    for (const subject of subjects) standings.add(subject, { count: tasks.length, pictures, reserved });
  }
  return { refusal, isLimited: limited.length > 0 };
}

function subjectsOfAsked({ tasks: [first] }: ToJudge): Judged[] {
  if (first === undefined) return [];
  const { keyId, ownerId = keyId, createdAt: at } = first;
  return subjectsOf({ keyId, ownerId }).map((subject) => Object.assign(subject, { at, ownerId }));
}
