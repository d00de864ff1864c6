// The failure of an answer that is there and can't be used: it may hold what was paid for, so it is kept for the operator, and
// no other call is made for it unless a setting says so.

import { z } from 'zod';
import { TaskError } from '../../core/errors.ts';
import type { TaskFailure, UnreadAnswer } from '../../core/errors.ts';
import type { Usage } from '../../core/upstreams/usage.ts';
import { bodyWords } from '../failures/error-words.ts';
import { withQuote } from '../failures/http-failure.ts';
import type { Answer } from '../transport.ts';
import { upstreamFailure } from '../failures/upstream-failure.ts';

const chat = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })) });

/** For a complete answer of status 2xx to a call that may be charged for. `reason`: a few words, such as `malformed base64`. */
export function unreadFailure(upstream: string, reason: string): TaskFailure {
  const message = `${upstream} answered, but the answer could not be read (${reason}). It may hold the picture and may have been billed, so another call is made only where the operator allows it. The operator can look at the answer, unless this server keeps none.`;
  return upstreamFailure('upstream_unavailable', message, reason, { maybeBilled: true, answered: true });
}

/** The answer, as it goes with such a failure. */
export function toUnread({ status, headers, bytes, json }: Answer): UnreadAnswer {
  return { status, headers, bytes, json };
}

/** Both together, with the words of the answer, if it has any. `secrets` never appear in the message. */
export function unreadError(
  answer: Answer,
  {
    upstream,
    reason,
    usage,
    secrets,
  }: { upstream: string; reason: string; usage?: Usage | undefined; secrets: readonly string[] },
): TaskError {
  const failure = unreadFailure(upstream, reason);
  const said = bodyWords(answer) || chatWords(answer.json);
  const message = withQuote(failure.message, said, { upstream, secrets });
  return new TaskError({ ...failure, message }, { usage, answer: toUnread(answer) });
}

/** The words of an answer to a chat, where somebody asked a model of words for a picture. */
function chatWords(json: unknown): string {
  return chat.safeParse(json).data?.choices[0]?.message.content ?? '';
}
