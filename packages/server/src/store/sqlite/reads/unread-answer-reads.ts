// Statements that read unread answers.

import type { DatabaseSync } from 'node:sqlite';
import type { UnreadAnswerRecord, UnreadAnswerStore } from '../../../core/upstreams/unread-answer.ts';
import type { Synchronous } from '../asynchronous.ts';

type UnreadAnswerReads = Synchronous<Pick<UnreadAnswerStore, 'findUnreadAnswer'>>;

export function createUnreadAnswerReads(database: DatabaseSync): UnreadAnswerReads {
  const find = database.prepare(
    'SELECT kept_at AS at, answer FROM unread_answers WHERE task_id = ? AND attempt = ?',
  );
  return {
    findUnreadAnswer(taskId, attempt) {
      const row = find.get(taskId, attempt);
      if (row === undefined) return null;
      return { at: Number(row['at']), answer: JSON.parse(String(row['answer'])) as UnreadAnswerRecord };
    },
  };
}
