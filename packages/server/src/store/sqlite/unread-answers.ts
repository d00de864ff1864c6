// The port to unread answers, joined from what reads here and what the writer thread writes.

import type { DatabaseSync } from 'node:sqlite';
import type { UnreadAnswerRecord, UnreadAnswerStore } from '../../core/upstreams/unread-answer.ts';
import type { Writer } from './writer.ts';

export function createUnreadAnswerStore(reader: DatabaseSync, writer: Writer): UnreadAnswerStore {
  const find = reader.prepare(
    'SELECT kept_at AS at, answer FROM unread_answers WHERE task_id = ? AND attempt = ?',
  );
  return {
    storeUnreadAnswer: (kept) => writer.write('storeUnreadAnswer', kept),
    deleteUnreadAnswers: (storedBy) => writer.write('deleteUnreadAnswers', storedBy),
    findUnreadAnswer(taskId, attempt) {
      const row = find.get(taskId, attempt);
      if (row === undefined) return null;
      return { at: Number(row['at']), answer: JSON.parse(String(row['answer'])) as UnreadAnswerRecord };
    },
  };
}
