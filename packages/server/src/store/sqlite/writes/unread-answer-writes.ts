// Statements that change unread answers.

import type { DatabaseSync } from 'node:sqlite';
import type { UnreadAnswerStore } from '../../../core/upstreams/unread-answer.ts';

export function createUnreadAnswerWrites(database: DatabaseSync) {
  const insert = database.prepare(
    `INSERT INTO unread_answers (task_id, attempt, kept_at, answer)
     SELECT id, :attempt, :at, :answer FROM tasks WHERE id = :taskId
     ON CONFLICT DO UPDATE SET kept_at = excluded.kept_at, answer = excluded.answer`,
  );
  const forgetOldest = database.prepare(
    `DELETE FROM unread_answers WHERE (task_id, attempt) IN
       (SELECT task_id, attempt FROM unread_answers ORDER BY kept_at DESC, task_id DESC, attempt DESC LIMIT -1 OFFSET ?)`,
  );
  const removeOld = database.prepare('DELETE FROM unread_answers WHERE kept_at <= ?');
  return {
    storeUnreadAnswer({
      answer,
      most,
      ...kept
    }: Parameters<UnreadAnswerStore['storeUnreadAnswer']>[0]): void {
      insert.run({ ...kept, answer: JSON.stringify(answer) });
      forgetOldest.run(most);
    },
    deleteUnreadAnswers(storedBy: number): number {
      return Number(removeOld.run(storedBy).changes);
    },
  };
}
