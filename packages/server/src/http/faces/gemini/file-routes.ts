// Calls of Gemini's face for files: the resumable upload of Google's libraries, and the files themselves.
// https://ai.google.dev/gemini-api/docs/files

import { filesKeyOrQuery, keyOrQuery, signedLink } from '../../access/access.ts';
import { reference } from '../../openapi/components.ts';
import { inHeader, inQuery } from '../../openapi/parameters.ts';
import { json } from '../../openapi/responses.ts';
import { bodyAsGiven, inPath, queryAsGiven, sent, uuidInPath } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import { refusedSubmit } from '../../routes/tasks/task-forms.ts';
import { geminiRoot, paged, shared, version, withId } from './gemini-routes.ts';

const example = '019ab1c2-7d1e-7c3a-9a54-2f8f0c9d4e10';
const root = `${geminiRoot}/{version}/files`;

const ofFile = {
  ...shared,
  path: `${root}/{id}`,
  params: { version, id: uuidInPath('The file’s id, which is its name without files/', example) },
  refusals: ['not_found'],
} as const;

const content = {
  ...ofFile,
  method: 'get',
  // Something follows the id in its segment.
  params: { version, id: { ...ofFile.params.id, pattern: '[^:]+' } },
  description:
    'The id of a batch with batch- before it is that of its responses, which are made while they are sent.',
  access: keyOrQuery,
  hasHead: false,
  query: queryAsGiven(() => inQuery({ alt: { type: 'string', description: 'media, or nothing' } })),
  answers: sent({
    200: {
      description: 'The bytes',
      headers: withId,
      content: {
        'application/jsonl': { schema: { type: 'string' } },
        'image/*': { schema: { type: 'string', format: 'binary' } },
      },
    },
  }),
} as const;

/** Path to which pieces of an upload are sent. */
export function sessionPath(session: string, of: string): string {
  return `${geminiRoot}/upload/${of}/files/${session}`;
}

const refusedUpload = refusedSubmit.filter((type) => type !== 'conflict' && type !== 'budget_exhausted');
const text = { type: 'string' };
const size = inHeader('X-Goog-Upload-Header-Content-Length', 'Size of the whole in bytes', {
  type: 'integer',
});
const binary = { type: 'string', format: 'binary' };
const heads = (name: string, description: string) => ({ [name]: { description, schema: text } });
const status = heads('X-Goog-Upload-Status', 'active, final or cancelled');
const uploaded = json(reference('GeminiUploaded'), { description: 'Kept', headers: withId });

export const geminiFileRoutes = {
  geminiBeginUpload: route({
    ...shared,
    method: 'post',
    path: `${geminiRoot}/upload/{version}/files`,
    summary: 'Begin an upload of a picture or of the requests of a batch, or upload it at once',
    description:
      'With X-Goog-Upload-Command: start the answer’s X-Goog-Upload-URL is where the bytes go, for an hour and without a key. Without it the body is the file. Requests are JSON Lines: their type, in X-Goog-Upload-Header-Content-Type or Content-Type, is application/jsonl.',
    access: filesKeyOrQuery,
    params: { version },
    headers: [
      inHeader('X-Goog-Upload-Command', 'start, or nothing', text),
      inHeader('X-Goog-Upload-Header-Content-Type', 'The type of the whole', text),
      size,
    ],
    body: bodyAsGiven(() => ({
      content: {
        'application/json': { schema: { type: 'object' } },
        'image/*': { schema: binary },
        'application/jsonl': { schema: { type: 'string' } },
      },
    })),
    answers: sent({
      200: {
        ...uploaded,
        description: 'Begun, with X-Goog-Upload-URL and no body; or kept',
        headers: { ...withId, ...heads('X-Goog-Upload-URL', 'Address for the bytes'), ...status },
        content: {
          'application/json': {
            schema: { oneOf: [reference('GeminiUploaded'), { type: 'object', maxProperties: 0 }] },
          },
        },
      },
    }),
    refusals: refusedUpload,
  }),
  geminiUpload: route({
    ...shared,
    method: 'post',
    path: sessionPath('{session}', '{version}'),
    summary: 'Send bytes of an upload',
    access: signedLink(
      ({ session = '', version: of = '' }) => sessionPath(session, of),
      'This upload has expired. Begin it anew.',
    ),
    params: { version, session: inPath('As in X-Goog-Upload-URL', 'WyIwMTlhYjFjMi03ZDFlIl0') },
    query: queryAsGiven(() =>
      inQuery({
        e: { type: 'string', description: 'When it ends, Unix seconds' },
        token: { type: 'string', description: 'The signature' },
      }),
    ),
    headers: [
      inHeader(
        'X-Goog-Upload-Command',
        'upload, or upload, finalize for the last bytes; query; cancel',
        text,
      ),
      inHeader('X-Goog-Upload-Offset', 'Number of bytes before these', { type: 'integer' }),
    ],
    body: bodyAsGiven(() => ({ content: { 'application/octet-stream': { schema: binary } } })),
    answers: sent({
      200: {
        ...uploaded,
        description: 'Kept after the last bytes; no body before',
        headers: { ...withId, ...status },
        content: {
          'application/json': {
            schema: { oneOf: [reference('GeminiUploaded'), { type: 'object', maxProperties: 0 }] },
          },
        },
      },
    }),
    refusals: [...refusedUpload, 'not_found', 'internal'],
  }),
  geminiFiles: route({
    ...shared,
    method: 'get',
    path: root,
    summary: 'List uploaded files',
    access: keyOrQuery,
    params: { version },
    query: paged,
    answers: sent({
      200: json(reference('GeminiFiles'), {
        description: 'The files of the key, newest first',
        headers: withId,
      }),
    }),
    refusals: ['invalid_request'],
  }),
  geminiFile: route({
    ...ofFile,
    method: 'get',
    summary: 'One uploaded file',
    access: keyOrQuery,
    answers: sent({
      200: json(reference('GeminiFile'), { description: 'The file', headers: withId }),
    }),
  }),
  geminiFileContent: route({
    ...content,
    path: `${root}/{id}:download`,
    summary: 'Read a file: a picture, requests of a batch, or its responses',
  }),
  geminiDownload: route({
    ...content,
    path: `${geminiRoot}/download/{version}/files/{id}:download`,
    summary: 'The same, at the address that the AI SDK has for it',
  }),
  geminiDeleteFile: route({
    ...ofFile,
    method: 'delete',
    summary: 'Delete an uploaded file',
    access: filesKeyOrQuery,
    answers: sent({
      200: json({ type: 'object', maxProperties: 0 }, { description: 'Deleted', headers: withId }),
    }),
  }),
};
