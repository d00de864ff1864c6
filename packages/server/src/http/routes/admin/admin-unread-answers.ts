// For the operator: a whole answer of an upstream that could not be used. It comes as a file, so that no browser ever runs what a
// stranger wrote.

import { auditEntry, type AuditStore } from '../../../core/audit/audit.ts';
import { RequestError } from '../../../core/errors.ts';
import type { UnreadAnswerStore } from '../../../core/upstreams/unread-answer.ts';
import { adminKey } from '../../access/access.ts';
import type { Face } from '../../app.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { inPath, sent, uuidInPath } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import { secondsText } from '../../../lib/time/unix-time.ts';

export const unreadAnswerRoutes = {
  getUnreadAnswer: route({
    method: 'get',
    path: '/api/admin/tasks/{id}/attempts/{number}/answer',
    tag: 'Operating',
    summary: 'The whole answer of an upstream that could not be used',
    audited: 'answer.read',
    description:
      'Needs an admin key. What came, as a file of JSON: status, headers, length, hash, names and types of members; with `unread_answer_text` its text, without keys and the prompt. Kept are the latest 100, for 7 days.',
    access: adminKey,
    params: {
      id: uuidInPath('The task’s id', answerExamples.Task.task_id),
      number: inPath('The attempt’s number', '1'),
    },
    answers: sent({
      200: {
        description: 'The answer',
        content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
      },
    }),
    refusals: ['not_found'],
  }),
};

/** `showText`: whether the operator allows the answer's words to be read, and not only what they were like. */
export function adminUnreadAnswersFace({
  serve,
  store,
  showText,
}: {
  serve: Serve;
  store: Pick<UnreadAnswerStore, 'findUnreadAnswer'> & Pick<AuditStore, 'appendAudit'>;
  showText: boolean;
}): Face {
  return serve(unreadAnswerRoutes, {
    async getUnreadAnswer({ params: { id, number }, reply, audited }) {
      const kept = /^[1-9]\d{0,8}$/.test(number) ? await store.findUnreadAnswer(id, Number(number)) : null;
      if (kept === null)
        throw new RequestError(
          'not_found',
          'No answer is kept for this attempt. Kept are whole answers that could not be used: the latest 100, for 7 days, unless unread_answer_bytes is 0.',
        );
      await store.appendAudit(auditEntry(audited(), id, null, null));
      const { text, ...came } = kept.answer;
      const shown = {
        task_id: id,
        attempt: Number(number),
        kept_at: secondsText(kept.at),
        ...came,
        text: showText ? text : null,
        ...(showText ? {} : { note: 'The text is not shown. The setting unread_answer_text allows it.' }),
      };
      return reply
        .header('Cache-Control', 'no-store')
        .header('X-Content-Type-Options', 'nosniff')
        .header('Content-Disposition', `attachment; filename="answer-${id}-${number}.json"`)
        .type('application/octet-stream')
        .send(JSON.stringify(shown, null, 2));
    },
  });
}
