// Google's generateContent: each call is a task that it waits for.

import type { FastifyReply } from 'fastify';
import type { Caller } from '../../../core/keys/keys.ts';
import type { RenderPicture } from '../../../core/pictures/renditions.ts';
import type { Face } from '../../app.ts';
import type { Given } from '../../route/members.ts';
import type { Call } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import type { SubmissionLimits } from '../../submit/submission.ts';
import type { Links } from '../../views/task-view.ts';
import { beginEvents, type EventAnswer, type EventAnswerParts } from '../kit/event-answer.ts';
import { faceRefusalOf } from '../kit/face-scope.ts';
import { sendPictureJson } from '../kit/picture-json.ts';
import type { RunTask } from '../kit/run-task.ts';
import { contentsOf } from './contents.ts';
import { geminiForm } from './gemini-form.ts';
import { geminiRoutes } from './gemini-routes.ts';
import { modelCalls, type ModelParts } from './models.ts';
import { geminiPlaces, type GeminiRequest, readContents } from './read-contents.ts';
import { type ResolveFiles, submissionOf } from './submission-of.ts';

export interface GenerateParts extends EventAnswerParts, ModelParts {
  serve: Serve;
  runTask: RunTask;
  limits: SubmissionLimits;
  resolveFiles: ResolveFiles;
  links: Links;
  render: RenderPicture;
}

type GenerateCall = Call<Caller, 'version' | 'model', Given | undefined, never>;
/** Way of answering: one object, a list of it, or a stream of events. */
type AnsweredAs = 'object' | 'list' | 'events';

export function generateFace(parts: GenerateParts): Face {
  return parts.serve(geminiRoutes, {
    geminiGenerate: (call) => generate(parts, call, 'object'),
    geminiStream: (call) => generate(parts, call, call.query['alt'] === 'sse' ? 'events' : 'list'),
    ...modelCalls(parts),
  });
}

async function generate(
  parts: GenerateParts,
  call: GenerateCall,
  answeredAs: AnsweredAs,
): Promise<FastifyReply> {
  let request: GeminiRequest | undefined;
  let events: EventAnswer | undefined;
  try {
    const ran = await parts.runTask(call, {
      pictures: geminiPlaces,
      read(body) {
        request = readContents(body.fields, call.params.model, parts.limits);
        return submissionOf(request, call.caller, parts);
      },
      onAccepted() {
        if (answeredAs === 'events') events = beginEvents(call.reply, parts);
      },
    });
    const contents = await contentsOf(ran.task, request!.sending, parts);
    if (events === undefined)
      return await sendPictureJson(call.reply, answeredAs === 'list' ? [contents] : contents, parts.pictures);
    await events.send(undefined, contents);
    events.end();
    return call.reply;
  } catch (error) {
    if (events === undefined) throw error;
    // The status is sent, so the library takes the error out of an event.
    const refusal = faceRefusalOf(call.answers, call.request, call.reply, error);
    await events.send(undefined, geminiForm.refuse(refusal).body);
    events.end();
    return call.reply;
  }
}
