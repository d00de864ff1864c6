// Statements of unread answers.

import type { UnreadAnswerRecord, UnreadAnswerStore } from '../../core/upstreams/unread-answer.ts';
import { deleteInSteps, deleteStep } from './tasks/delete-in-steps.ts';
import { lockFor, locks } from './database/locks.ts';
import type { Query } from './database/statements.ts';
import { toColumn } from './database/text.ts';
import { oneByOne, type Transaction, type Writer } from './database/writer.ts';

export function createUnreadAnswers(
  query: Query,
  { write }: Pick<Writer, 'write'>,
  sweeps: Pick<Writer, 'write'>,
): UnreadAnswerStore {
  return {
    storeUnreadAnswer: (kept) => write(storeUnreadAnswer, [kept]),
    async findUnreadAnswer(taskId, attempt) {
      const [row] = await query('SELECT * FROM unread_answers WHERE task_id = $1 AND attempt = $2', [
        toColumn(taskId),
        attempt,
      ]);
      if (row === undefined) return null;
      return { at: Number(row['kept_at']), answer: JSON.parse(String(row['answer'])) as UnreadAnswerRecord };
    },
    deleteUnreadAnswers: (storedBy) => deleteInSteps(sweeps, deleteOld, storedBy),
  };
}

type Kept = Parameters<UnreadAnswerStore['storeUnreadAnswer']>[0];

const storeUnreadAnswer = oneByOne(async ({ query }: Transaction, kept: Kept): Promise<void> => {
  const { taskId, attempt, at, answer, most } = kept;
  // Of two that are stored at once neither sees the other, and there would be one too many.
  await lockFor(query, locks.unreadAnswers);
  // The task is locked lest it be deleted before the row that refers to it is there; one that is being deleted counts as gone.
  await query(
    `INSERT INTO unread_answers (task_id, attempt, kept_at, answer)
     SELECT id, $2, $3, $4 FROM tasks WHERE id = $1 FOR KEY SHARE SKIP LOCKED
     ON CONFLICT (task_id, attempt) DO UPDATE SET kept_at = excluded.kept_at, answer = excluded.answer`,
    [taskId, attempt, at, JSON.stringify(answer)],
  );
  await query(
    `DELETE FROM unread_answers WHERE (task_id, attempt) IN
       (SELECT task_id, attempt FROM unread_answers ORDER BY kept_at DESC, task_id DESC, attempt DESC OFFSET $1)`,
    [most],
  );
});

const deleteOld = deleteStep('unread_answers', 'kept_at');
