// For the operator: a whole answer of an upstream that could not be used. It comes as a file, so that no browser ever runs what a
// stranger wrote.

import { RequestError } from '../../core/errors.ts';
import type { UnreadAnswerStore } from '../../core/upstreams/unread-answer.ts';
import type { Face } from '../app.ts';
import type { Authorize } from '../access/authorization.ts';
import { adminOnly } from './admin-only.ts';

type OfAttempt = { Params: { id: string; number: string } };

/** `showText`: whether the operator allows the answer's words to be read, and not only what they were like. */
export function adminUnreadAnswersFace({
  authorize,
  store,
  showText,
}: {
  authorize: Authorize;
  store: Pick<UnreadAnswerStore, 'findUnreadAnswer'>;
  showText: boolean;
}): Face {
  const admit = adminOnly(authorize);
  return (app) => {
    app.get<OfAttempt>('/api/admin/tasks/:id/attempts/:number/answer', (request, reply) => {
      admit(request.headers.authorization);
      const { id, number } = request.params;
      const taskId = id.toLowerCase();
      const kept = /^[1-9]\d{0,8}$/.test(number) ? store.findUnreadAnswer(taskId, Number(number)) : null;
      if (kept === null)
        throw new RequestError(
          'not_found',
          'No answer is kept for this attempt. Kept are whole answers that could not be used: the latest 100, for 7 days, unless unread_answer_bytes is 0.',
        );
      const { text, ...came } = kept.answer;
      const shown = {
        task_id: taskId,
        attempt: Number(number),
        kept_at: String(Math.floor(kept.at / 1000)),
        ...came,
        text: showText ? text : null,
        ...(showText ? {} : { note: 'The text is not shown. The setting unread_answer_text allows it.' }),
      };
      return reply
        .header('Cache-Control', 'no-store')
        .header('X-Content-Type-Options', 'nosniff')
        .header('Content-Disposition', `attachment; filename="answer-${taskId}-${number}.json"`)
        .type('application/octet-stream')
        .send(JSON.stringify(shown, null, 2));
    });
  };
}
