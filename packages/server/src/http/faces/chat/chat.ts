// Chat completions of picture models, as OpenRouter has them: each is a task that it waits for.

import type { FastifyReply } from 'fastify';
import type { Caller } from '../../../core/keys/keys.ts';
import type { Clock } from '../../../lib/clock.ts';
import { unixSeconds } from '../../../lib/time/unix-time.ts';
import type { Face } from '../../app.ts';
import type { Call } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import type { SubmissionLimits } from '../../submit/submission.ts';
import type { Links } from '../../views/task-view.ts';
import { beginEvents, type EventAnswer, type EventAnswerParts } from '../kit/event-answer.ts';
import { faceRefusalOf } from '../kit/face-scope.ts';
import { openAiForm } from '../kit/openai-form.ts';
import { sendPictureJson } from '../kit/picture-json.ts';
import type { RunTask } from '../kit/run-task.ts';
import { chatRoutes } from './chat-routes.ts';
import { beginning, type ChatHead, completionOf, piecesOf } from './completion.ts';
import { type ChatRequest, picturePlaces, readChat } from './read-chat.ts';

export interface ChatParts extends EventAnswerParts {
  serve: Serve;
  runTask: RunTask;
  limits: SubmissionLimits;
  links: Links;
  clock: Clock;
  /** Beginning of links. Called each time, as a server on a free port learns its own only when it listens. */
  publicUrl: () => string;
}

type ChatCall = Call<Caller, never, undefined, never>;

export function chatFace(parts: ChatParts): Face {
  return parts.serve(chatRoutes, { chatCompletions: (call) => complete(parts, call) });
}

async function complete(parts: ChatParts, call: ChatCall): Promise<FastifyReply> {
  const { limits, links, clock, pictures, publicUrl } = parts;
  const { caller, reply } = call;
  let request: ChatRequest | undefined;
  let head: ChatHead | undefined;
  let events: EventAnswer | undefined;
  try {
    const ran = await parts.runTask(call, {
      pictures: picturePlaces,
      read({ fields }) {
        request = readChat(fields, { limits, caller, ownLinks: `${publicUrl()}/files/` });
        return request.read;
      },
      onAccepted({ taskId }) {
        const { model } = request!.read.submission;
        head = { id: `chatcmpl-${taskId}`, created: unixSeconds(clock.now()), model };
        if (!request!.isStream) return;
        events = beginEvents(reply, parts, 'PROCESSING');
        events.sendText(JSON.stringify(beginning(head)));
      },
    });
    if (events === undefined)
      return await sendPictureJson(reply, completionOf(head!, ran, request!, links), pictures);
    for (const piece of piecesOf(head!, ran, request!, links)) await events.send(undefined, piece);
    events.sendText('[DONE]');
    events.end();
    return reply;
  } catch (error) {
    if (events === undefined) throw error;
    // The status is sent, so clients take the error out of the stream.
    const refusal = faceRefusalOf(call.answers, call.request, reply, error);
    await events.send(undefined, openAiForm.refuse(refusal).body);
    events.end();
    return reply;
  }
}
