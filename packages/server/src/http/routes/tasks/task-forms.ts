// Forms that the calls around tasks have in common: what their paths, headers and answers are.

import { answerExamples, enveloped } from '../../openapi/examples.ts';
import { memberSchemas } from '../../openapi/json-schema.ts';
import { inHeader, inQuery } from '../../openapi/parameters.ts';
import { header, json } from '../../openapi/responses.ts';
import { reference } from '../../openapi/components.ts';
import { readWait, type Wait, waitMembers } from '../../queries/wait-query.ts';
import { costHeader } from '../../views/task-cost.ts';
import { sent, uuidInPath } from '../../route/forms.ts';
import type { QueryForm } from '../../route/route.ts';

export const ofTask = { id: uuidInPath('The task’s id', answerExamples.Task.task_id) };

export const idempotencyKey = inHeader(
  'Idempotency-Key',
  'What the client calls this request, so that sending it again makes no second task: 1 to 255 visible ASCII characters, kept for 24 hours by default. The same key with another body is a conflict',
  { type: 'string', examples: ['5f1c6f0e-0f1c-4a7e-9d53-0f5b0a4d9a11'] },
);
export const replayed = { 'Idempotent-Replayed': header('IdempotentReplayed') };
export const refusedSubmit = [
  'invalid_request',
  'budget_exhausted',
  'forbidden',
  'conflict',
  'too_large',
  'unsupported_media',
  'input_unreachable',
  'rate_limited',
] as const;
/** On an answer that accepts one task. */
export const accepted = { ...replayed, [costHeader]: header('Reserved') };
/** On an answer with one task. */
export const withCost = { [costHeader]: header('Cost') };

export const waiting: QueryForm<Wait | null> = {
  describe: () => inQuery(memberSchemas(waitMembers.table)),
  read: (given, headers) => readWait(given, headers['prefer']),
};
export const prefer = inHeader('Prefer', 'wait=N: the same as ?wait=N', {
  type: 'string',
  examples: ['wait=30'],
});
export const ifNoneMatch = inHeader('If-None-Match', 'The ETag of an earlier answer', { type: 'string' });

/** The status query may be answered before the framework gives out ids of requests. */
const task = json(reference('TaskEnvelope'), {
  description: 'The task',
  headers: {
    ETag: header('ETag'),
    [costHeader]: header('Cost'),
    'Retry-After': header('PollAfter'),
    'Preference-Applied': header('PreferenceApplied'),
  },
  example: enveloped(answerExamples.Task),
});
const unchanged = {
  description: 'Nothing has changed since the answer with this ETag',
  headers: { ETag: header('ETag'), [costHeader]: header('Cost') },
};
export const status = sent({ 200: task, 304: unchanged });
/** Of a call that is no GET, which is answered whole. */
export const wholeStatus = sent({ 200: task });
