// The nano-banana API: its two submits.

import type { Face } from '../app.ts';
import { statusPath } from '../status/status-fast-path.ts';
import { readSubmission } from '../submit/submission.ts';
import { type SubmitParts, takeSubmit } from '../submit/take-submit.ts';

const submitPath = statusPath.slice(0, -1);

export interface NanoBananaParts extends SubmitParts {
  /** The link to a task's events that needs no key. */
  eventsLink: (taskId: string) => string;
}

export function nanoBananaFace(parts: NanoBananaParts): Face {
  return (app, answers) => {
    const submits = [
      [submitPath, 'generate'],
      [`${submitPath}-edit`, 'edit'],
    ] as const;
    for (const [path, action] of submits)
      app.post(path, async (request, reply) => {
        const answer = await takeSubmit(parts, request, reply, (body) => {
          const { submission, warnings } = readSubmission(action, body, parts.limits);
          const said = warnings.length === 0 ? {} : { warnings };
          return {
            submissions: [submission],
            answer: ([taskId = '']) =>
              JSON.stringify({ task_id: taskId, events_url: parts.eventsLink(taskId), ...said }),
          };
        });
        return answers.success(request, reply, answer);
      });
  };
}
