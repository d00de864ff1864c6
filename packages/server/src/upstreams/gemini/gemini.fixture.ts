// Test support: Gemini's wire on a loopback server, under any base path, in `/v1` and `/v1beta`. Unless a test scripts
// something else it answers with one small PNG. It refuses every key but its own, as Google does.

import { startLoopback } from '../loopback.fixture.ts';
import type { Loopback, Reply, Seen } from '../loopback.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { refuseToFetch } from '../upstream-harness.fixture.ts';
import type { Refusals, Step, UpstreamHarness } from '../upstream-harness.fixture.ts';
import { createGemini } from './gemini.ts';

/** The key that the loopback server takes. */
export const geminiKey = 'configured-key-1';

/** Where it has the picture as a file. */
const ownPicture = '/files/picture.png';

/** The picture that it makes, in base64. */
export const base64Png = smallPng.toString('base64');

const rpc = 'type.googleapis.com/google.rpc';
export const retryInfo = (retryDelay: string) => ({ '@type': `${rpc}.RetryInfo`, retryDelay });
export const quotaFailure = (...quotaIds: string[]) => ({
  '@type': `${rpc}.QuotaFailure`,
  violations: quotaIds.map((quotaId) => ({ quotaId, quotaDimensions: { location: 'global' } })),
});
export const help = { '@type': `${rpc}.Help`, links: [{ url: 'https://ai.google.dev/gemini-api' }] };
export const keyInvalid = { '@type': `${rpc}.ErrorInfo`, reason: 'API_KEY_INVALID' };

/** A reply with one candidate that has these parts. */
export function candidateReply(parts: unknown[], finishReason = 'STOP'): Reply {
  return {
    body: {
      candidates: [{ content: { role: 'model', parts }, finishReason, index: 0 }],
      usageMetadata: {
        promptTokenCount: 263,
        promptTokensDetails: [
          { modality: 'TEXT', tokenCount: 5 },
          { modality: 'IMAGE', tokenCount: 258 },
        ],
        candidatesTokenCount: 1124,
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1120 }],
        thoughtsTokenCount: 300,
        totalTokenCount: 1687,
        serviceTier: 'standard',
      },
      modelVersion: 'gemini-loopback',
      responseId: 'loopback-response',
    },
  };
}

/** A reply in Google's error form. */
export function errorReply(status: number, name: string, message: string, details?: unknown[]): Reply {
  return { status, body: { error: { code: status, message, status: name, details } } };
}

const pictureReply = candidateReply([
  { text: 'Here is your picture.' },
  { inlineData: { mimeType: 'image/png', data: base64Png } },
]);

/** `respond` answers the calls for pictures that are well-formed and have the key; `respondWithFile` those for a file, without it. */
export function startGeminiLoopback(
  respond: () => Reply = () => pictureReply,
  respondWithFile: () => Reply = () => ({ body: smallPng }),
): Promise<Loopback> {
  return startLoopback(({ method, path, headers }) => {
    const { pathname } = new URL(path, 'http://loopback');
    if (pathname === ownPicture) return respondWithFile();
    const makes = method === 'POST' && /\/v1(beta)?\/models\/[^/:]+:generateContent$/.test(pathname);
    const lists = method === 'GET' && /\/v1(beta)?\/models$/.test(pathname);
    if (!makes && !lists) return errorReply(404, 'NOT_FOUND', 'Requested entity was not found.');
    if (headers['x-goog-api-key'] !== geminiKey)
      return errorReply(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
        keyInvalid,
      ]);
    return makes ? respond() : { body: { models: [{ name: 'models/gemini-nano-banana-2.1' }] } };
  });
}

const blocked = (blockReason: string): Reply => ({ body: { promptFeedback: { blockReason } } });
const exhausted = (message: string, ...details: unknown[]) =>
  errorReply(429, 'RESOURCE_EXHAUSTED', message, details);
const quotaExceeded = 'You exceeded your current quota, please check your plan and billing details.';

const refusals: Refusals = {
  'rate limit with a delay': exhausted(
    quotaExceeded,
    quotaFailure('GenerateRequestsPerMinutePerProjectPerModel'),
    help,
    retryInfo('12.771204034s'),
  ),
  'rate limit without a delay': exhausted('Resource has been exhausted (e.g. check quota).'),
  'daily quota used up': exhausted(
    quotaExceeded,
    quotaFailure('GenerateRequestsPerDayPerProjectPerModel-FreeTier'),
    help,
    retryInfo('40s'),
  ),
  'no quota at all': exhausted(
    `${quotaExceeded}\n* Quota exceeded for metric: generate_content_free_tier_requests, limit: 0\nPlease retry in 3s.`,
    quotaFailure('GenerateRequestsPerMinutePerProjectPerModel-FreeTier'),
    retryInfo('3s'),
  ),
  'spending cap': exhausted('Your project has exceeded its monthly spending cap.'),
  'no credit': errorReply(402, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.'),
  'key refused': errorReply(401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.'),
  'key without the right': errorReply(403, 'PERMISSION_DENIED', 'The caller does not have permission.'),
  'key refused by a 400': errorReply(
    400,
    'INVALID_ARGUMENT',
    'API key not valid. Please pass a valid API key.',
    [keyInvalid],
  ),
  'content refused': {
    body: {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT', blockReasonMessage: 'The prompt was blocked.' },
    },
  },
  'bad request': errorReply(400, 'INVALID_ARGUMENT', 'Unknown name "imageOutputOptions".'),
  'model unknown': errorReply(404, 'NOT_FOUND', 'models/gone is not found for API version v1beta.'),
  'internal error': errorReply(500, 'INTERNAL', 'An internal error has occurred.'),
  overloaded: errorReply(503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.'),
};

export const geminiHarness: UpstreamHarness = {
  name: 'gemini',
  async open() {
    const replies = new Map<Step, Reply>();
    const loopback = await startGeminiLoopback(
      () => replies.get('start') ?? pictureReply,
      () => replies.get('download') ?? { headers: { 'content-type': 'image/png' }, body: smallPng },
    );
    return {
      create: ({ key = geminiKey, fetchPublic = refuseToFetch, ...options } = {}) =>
        createGemini({ apiKey: key, baseUrl: loopback.url, fetchPublic, ...options }),
      ownLink: `${loopback.url}${ownPicture}`,
      key: geminiKey,
      model: 'gemini-nano-banana-2.1',
      answer(step, reply) {
        if (reply === null) replies.delete(step);
        else replies.set(step, reply);
      },
      seen: (step) => (step === 'poll' ? [] : callsAt(loopback, step)),
      close: () => loopback.close(),
    };
  },
  refusals,
  withLinks: (links) => candidateReply(links.map((fileUri) => ({ fileData: { fileUri } }))),
  otherForms: (link) => ({
    'names in snake_case': {
      body: {
        candidates: [{ content: { parts: [{ inline_data: { mime_type: 'image/png', data: base64Png } }] } }],
      },
    },
    'the chunks of a stream': { body: [candidateReply([{ text: 'Here.' }]).body, pictureReply.body] },
    'a picture in Markdown': candidateReply([{ text: `![image](data:image/png;base64,${base64Png})` }]),
    'a link in Markdown': candidateReply([{ text: `![image](${link})` }]),
    'a link in its words': candidateReply([{ text: `Here it is: ${link}` }]),
    'a file': candidateReply([{ text: 'Here.' }, { fileData: { fileUri: link } }]),
    'an error beside the picture': {
      body: { ...(pictureReply.body as object), error: { code: 500, message: 'No.' } },
    },
  }),
  withBase64: (data) => candidateReply([{ inlineData: { mimeType: 'image/png', data } }]),
  withoutPicture: {
    'the prompt blocked': blocked('SAFETY'),
    'a candidate without content': { body: { candidates: [{ finishReason: 'IMAGE_SAFETY', index: 0 }] } },
    'no picture made': { body: { candidates: [{ finishReason: 'NO_IMAGE', index: 0 }] } },
    'words alone': candidateReply([{ text: 'I would rather talk about it.' }]),
    'drafts alone': candidateReply([
      { thought: true, inlineData: { mimeType: 'image/png', data: base64Png } },
    ]),
    'no candidates': { body: { candidates: null } },
  },
};

function callsAt({ seen }: Loopback, step: 'start' | 'download'): Seen[] {
  return seen.filter(({ method, path }) => (step === 'start' ? method === 'POST' : path === ownPicture));
}

/** Bodies of the calls for pictures, as parsed JSON. */
export function sentBodies(loopback: Loopback): unknown[] {
  return callsAt(loopback, 'start').map(({ body }) => JSON.parse(body.toString()) as unknown);
}
