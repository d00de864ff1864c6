// Shows whether address and key work, for nothing: by a list of one model, and where Vertex AI does not list its models, which it
// may do for no API key, by counting the tokens of a word.
// Source: https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/vertex-ai-express-mode-api-reference

import { TaskError } from '../../core/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import { isOk } from '../transport.ts';
import type { Answer, Call, Transport } from '../transport.ts';
import { readError } from './error-body.ts';
import { errorFailure, notGemini } from './failures.ts';
import { checkUrl, isVertex, modelUrl } from './request.ts';

const timeoutMs = 30_000;
/** Any model will do: that there is none of this name is said only to a key that is known. */
const anyModel = 'gemini-nano-banana-2.1';

/** Makes a check that gives a few words on what answered; it throws `TaskError`. */
export function createCheck({
  baseUrl,
  apiKey,
  transport,
  clock,
}: {
  baseUrl: string;
  apiKey: string;
  transport: Transport;
  clock: Clock;
}): (signal: AbortSignal) => Promise<string> {
  async function ask(call: Pick<Call, 'url' | 'method' | 'body' | 'signal'>): Promise<Answer> {
    const headers = { 'x-goog-api-key': apiKey };
    return await transport.send({ ...call, upstream: 'Gemini', billable: false, headers, timeoutMs });
  }

  async function answerTo(signal: AbortSignal): Promise<Answer> {
    const listed = await ask({ url: checkUrl(baseUrl), method: 'GET', signal });
    if (!isVertex(baseUrl) || ![401, 403, 404].includes(listed.status)) return listed;
    const url = modelUrl(baseUrl, anyModel, 'countTokens');
    const contents = [{ role: 'user', parts: [{ text: 'plantain' }] }];
    return await ask({ url, method: 'POST', body: { json: { contents } }, signal });
  }

  return async (signal) => {
    const answer = await answerTo(signal);
    const knowsModels = answer.status === 404 && /\bmodel\b/i.test(readError(answer.json).message);
    if (!isOk(answer) && !knowsModels)
      throw new TaskError(errorFailure(answer, { now: clock.now(), secrets: [apiKey], billable: false }));
    // A gateway's page says nothing of the key.
    if (answer.json === undefined) throw new TaskError(notGemini);
    return 'Gemini answered and took the key';
  };
}
