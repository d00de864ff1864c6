// The calls around pictures that are uploaded.

import { filesKey, readKey } from '../../access/access.ts';
import { answerExamples } from '../../openapi/examples.ts';
import { bodyAsGiven, data, uuidInPath } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import { refusedSubmit } from '../tasks/task-forms.ts';
import { binary } from './picture-forms.ts';

const path = '/api/files';
const url = {
  type: 'string',
  description: 'An http(s) link to the picture',
  examples: ['https://pictures.example.com/cat.jpg'],
};
const lifetime = {
  type: 'integer',
  minimum: 60,
  description: 'How long the file is kept, and its link works, from now on',
};
const byLink = {
  type: 'object',
  properties: { url, expires_in_seconds: lifetime },
  required: ['url'],
};
const body = {
  required: true,
  content: {
    'multipart/form-data': {
      schema: {
        type: 'object',
        properties: {
          file: { ...binary, description: 'The picture, under any field name' },
          url,
          expires_in_seconds: lifetime,
        },
      },
    },
    'application/json': { schema: byLink, example: { url: 'https://pictures.example.com/cat.jpg' } },
    'application/x-www-form-urlencoded': { schema: byLink },
    'image/*': { schema: binary },
    'application/octet-stream': { schema: binary },
  },
};

const shared = { tag: 'Files', access: filesKey } as const;
const ofFile = {
  ...shared,
  path: `${path}/{id}`,
  params: { id: uuidInPath('The file’s id', answerExamples.File.file_id) },
  refusals: ['not_found'],
} as const;

export const fileRoutes = {
  uploadFile: route({
    ...shared,
    method: 'post',
    path,
    summary: 'Upload a picture to use as an input',
    description:
      'Exactly one: a file of a multipart body, the body itself, or a link. The answer’s file is its link.',
    body: bodyAsGiven(() => body),
    answers: data('File', 'Kept'),
    refusals: refusedSubmit.filter((type) => type !== 'conflict'),
  }),
  listFiles: route({
    ...shared,
    access: readKey,
    method: 'get',
    path,
    summary: 'List uploaded pictures',
    answers: data('FileList', 'The files of the key'),
  }),
  getFile: route({
    ...ofFile,
    access: readKey,
    method: 'get',
    summary: 'One uploaded picture',
    answers: data('File', 'The file, with a link made anew'),
  }),
  deleteFile: route({
    ...ofFile,
    method: 'delete',
    summary: 'Delete an uploaded picture',
    answers: data('FileDeleted', 'Deleted'),
  }),
};
