// Interactions as streams of events: that it was made, its pictures once they are there, and its end.
// https://ai.google.dev/gemini-api/docs/streaming; types of npm @google/genai 3.3.0, dist/node/node.d.ts.

import type { FastifyReply } from 'fastify';
import type { Task } from '../../../../core/tasks/task.ts';
import type { FaceRefusal } from '../../../refusals/face-form.ts';
import { beginEvents, type EventAnswerParts } from '../../kit/event-answer.ts';
import type { Sending } from '../shape.ts';
import type { Interaction } from './answers.ts';
import { interactionForm } from './interaction-form.ts';
import { interactionOf, type ViewParts } from './interaction-view.ts';

export interface InteractionStream {
  /** Sends the pictures of a task that has ended, and that it has. Rejects as pictures do that can't be had. */
  end(task: Task, sending: Sending): Promise<void>;
  /** Sends that nothing more comes, although the task may go on. A client that goes on after this event misses none. */
  fail(refusal: FaceRefusal): Promise<void>;
}

/** `after`: number of the event that the client had last; those up to it are not sent again. */
export function beginInteraction(
  reply: FastifyReply,
  parts: EventAnswerParts & ViewParts,
  { made, after = 0 }: { made: Pick<Interaction, 'id' | 'model'> & Partial<Interaction>; after?: number },
): InteractionStream {
  const events = beginEvents(reply, parts);
  let number = 0;
  const numbered = (type: string, data: object, at = number + 1) => ({
    event_type: type,
    event_id: String(at),
    ...data,
  });
  const isNews = () => number + 1 > after;
  /** At once, and while the task runs. */
  const tell = (type: string, data: object) => {
    if (isNews()) events.sendText(JSON.stringify(numbered(type, data)), type);
    number += 1;
  };
  /** Counts an event once it was sent: one whose picture can't be had is still to come. */
  const send = async (type: string, data: object) => {
    if (isNews()) await events.send(type, numbered(type, data));
    number += 1;
  };
  const close = () => {
    events.sendText('[DONE]', 'done');
    events.end();
  };
  const status = 'in_progress';
  tell('interaction.created', { interaction: { ...made, object: 'interaction', status } });
  tell('interaction.status_update', { interaction_id: made.id, status });
  return {
    async end(task, sending) {
      // Words have their number also where they are not wanted: a client that goes on later is sent them, and no picture twice.
      const { steps, ...interaction } = await interactionOf(task, { ...sending, withText: true }, parts);
      for (const [index, { content, ...step }] of steps.entries()) {
        await send('step.start', { index, step });
        for (const delta of content)
          if (delta.type === 'text' && !sending.withText) number += 1;
          else await send('step.delta', { index, delta });
        await send('step.stop', { index });
      }
      const [error] = interaction.errors ?? [];
      if (error !== undefined) await send('error', { error });
      await send('interaction.completed', { interaction });
      close();
    },
    async fail(refusal) {
      // With the number of the event before: it is none of the interaction's, and the client goes on after that one.
      await events.send(
        'error',
        numbered('error', interactionForm.refuse(refusal).body, Math.max(number, after)),
      );
      close();
    },
  };
}
