// For the operator: a whole answer of an upstream that could not be used. It comes as a file, so that no browser ever runs what a
// stranger wrote. Of an attempt at another key's task it is shown as far as `operator_sees` lets him see that task.

import { auditEntry, type AuditStore } from '../../../core/audit/audit.ts';
import { RequestError } from '../../../core/errors.ts';
import type { OperatorSees } from '../../../core/tasks/operator-sees.ts';
import type { TaskReads } from '../../../core/tasks/task-reads.ts';
import type { UnreadAnswerStore } from '../../../core/upstreams/unread-answer.ts';
import { adminKey } from '../../access/access.ts';
import type { Face } from '../../app.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { inPath, sent, uuidInPath } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import { secondsText } from '../../../lib/time/unix-time.ts';
import { refuseUnlessSeen } from './operator-tasks.ts';

export const unreadAnswerRoutes = {
  getUnreadAnswer: route({
    method: 'get',
    path: '/api/admin/tasks/{id}/attempts/{number}/answer',
    tag: 'Operating',
    summary: 'The whole answer of an upstream that could not be used',
    audited: 'answer.read',
    description:
      'Needs an admin key, and for a task of another key `operator_sees: records`, which shows neither text nor headers, or `everything`. What came, as a file of JSON: status, headers, length, hash, names and types of members; with `unread_answer_text` its text, without keys and the prompt. Kept are the latest 100, for 7 days.',
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
  sees,
  showText,
}: {
  serve: Serve;
  store: Pick<UnreadAnswerStore, 'findUnreadAnswer'> &
    Pick<TaskReads, 'find'> &
    Pick<AuditStore, 'appendAudit'>;
  sees: OperatorSees;
  showText: boolean;
}): Face {
  return serve(unreadAnswerRoutes, {
    async getUnreadAnswer({ caller, params: { id, number }, reply, audited }) {
      const isOwn = (await store.find(id, caller.keyId)) !== null;
      // Before the answer is looked for, so that the refusal does not say whether there is one.
      if (!isOwn) refuseUnlessSeen(sees);
      const kept = /^[1-9]\d{0,8}$/.test(number) ? await store.findUnreadAnswer(id, Number(number)) : null;
      if (kept === null)
        throw new RequestError(
          'not_found',
          'No answer is kept for this attempt. Kept are whole answers that could not be used: the latest 100, for 7 days, unless unread_answer_bytes is 0.',
        );
      await store.appendAudit(auditEntry(audited(), id, null, null));
      const { text, headers, ...came } = kept.answer;
      const isSeen = isOwn || sees === 'everything';
      const shown = {
        task_id: id,
        attempt: Number(number),
        kept_at: secondsText(kept.at),
        ...came,
        // Headers are words of the upstream too: some repeat a part of the request.
        headers: isSeen ? headers : null,
        ...shownText(text, { isSeen, showText }),
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

/** `isSeen`: whether the operator may see the words of this task at all. */
function shownText(text: string, { isSeen, showText }: { isSeen: boolean; showText: boolean }) {
  if (isSeen && showText) return { text };
  const allowing = isSeen
    ? 'The setting unread_answer_text allows it.'
    : 'Nor are the headers. Of tasks of other keys that needs operator_sees: everything, and unread_answer_text for the text.';
  return { text: null, note: `The text is not shown. ${allowing}` };
}
