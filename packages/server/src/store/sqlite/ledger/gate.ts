// The gate in the transaction of an insertion: tasks are judged by what it reads, and what they reserve is entered.

import type { DatabaseSync } from 'node:sqlite';
import {
  type AskedTask,
  type Gate,
  judgeSubmit,
  type Refusal,
  subjectsOf,
} from '../../../core/limits/judge-submit.ts';
import type { NewTask } from '../../../core/tasks/task-store.ts';
import { createKeptBalance } from './balances.ts';
import { createLimitedStandings } from './standings.ts';

/** New task as far as it is judged. */
export type JudgedTask = AskedTask & Pick<NewTask, 'keyId' | 'ownerId' | 'createdAt'>;

export interface Judged {
  refusal: Refusal | null;
  /** Whether the key or its owner has a limit, so that free tasks are entered too. */
  isLimited: boolean;
}

/** Judges tasks of one key. Without a gate nothing is refused. */
export function createJudge(
  database: DatabaseSync,
): (tasks: readonly JudgedTask[], gate: Gate | null) => Judged {
  const standingsOf = createLimitedStandings(database, createKeptBalance(database));
  return (tasks, gate) => {
    const [first] = tasks;
    if (first === undefined) return { refusal: null, isLimited: false };
    const { keyId, ownerId = keyId, createdAt } = first;
    const standings = standingsOf(subjectsOf({ keyId, ownerId }), createdAt, gate?.defaults);
    const refusal = gate === null ? null : judgeSubmit(tasks, standings, gate);
    return { refusal, isLimited: standings.length > 0 };
  };
}
