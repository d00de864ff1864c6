// The calls around pictures in the document: those that tasks made, those that are uploaded, and the links to both.

import { renditionFormats } from '../../core/pictures/renditions.ts';
import { maxAskedSide } from '../pictures/rendition-query.ts';
import { answerExamples } from './examples.ts';
import type { JsonSchema } from './json-schema.ts';
import type { Operation } from './operation.ts';
import { inHeader, inPath, inQuery } from './parameters.ts';
import { answer, header } from './responses.ts';
import { refusedSubmit, root, taskId } from './task-operations.ts';

const fileId = inPath('id', 'The file’s id', answerExamples.File.file_id);
const side = { type: 'integer', minimum: 1, maximum: maxAskedSide };
const rendition: Record<string, JsonSchema> = {
  w: { ...side, description: 'Width of a box in pixels to fit into' },
  h: { ...side, description: 'Height of a box in pixels to fit into' },
  format: {
    type: 'string',
    enum: [...renditionFormats, 'jpg'],
    description: 'The picture’s own where it is left out',
  },
  q: { type: 'integer', minimum: 1, maximum: 100, description: 'Quality, of no effect on PNG' },
};
const conditions = [
  inHeader('Range', 'A part of the picture', { type: 'string', examples: ['bytes=0-1023'] }),
  inHeader('If-None-Match', 'The ETag of a picture that the reader has', { type: 'string' }),
];
const binary = { type: 'string', format: 'binary' };
const picture = { 'image/*': { schema: binary } };
const headers = { ETag: header('ETag'), 'Content-Disposition': header('ContentDisposition') };
const pictureAnswers = {
  200: { description: 'The picture', headers, content: picture },
  206: {
    description: 'The part that was asked for',
    headers: { ...headers, 'Content-Range': header('ContentRange') },
    content: picture,
  },
  304: { description: 'The reader has it already', headers: { ETag: header('ETag') } },
  416: {
    description: 'The picture has no such part',
    headers: { 'Content-Range': header('ContentRange') },
  },
};

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
const uploadBody = {
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

export const pictureOperations: readonly Operation[] = [
  {
    id: 'getPicture',
    method: 'get',
    path: `${root}/{id}/images/{number}`,
    tag: 'Pictures',
    summary: 'One picture of a task',
    parameters: [
      taskId,
      inPath('number', 'Its number; 1 is the first', '1'),
      ...inQuery(rendition),
      ...conditions,
    ],
    answers: pictureAnswers,
    refusals: ['invalid_request', 'not_found', 'overloaded'],
  },
  {
    id: 'getPictures',
    method: 'get',
    path: `${root}/{id}/images.zip`,
    tag: 'Pictures',
    summary: 'All pictures of a task in a ZIP',
    parameters: [taskId],
    answers: {
      200: {
        description: 'The archive',
        headers: { 'Content-Disposition': header('ContentDisposition') },
        content: { 'application/zip': { schema: binary } },
      },
    },
    refusals: ['not_found'],
  },
  {
    id: 'getLinked',
    method: 'get',
    path: '/files/{id}/{name}',
    tag: 'Pictures',
    summary: 'A picture behind a signed link, which is the right to read it',
    description: 'Links are given out whole, in data.images[].url and in an upload’s file.',
    security: [],
    parameters: [
      inPath('id', 'A task’s or a file’s id', answerExamples.Task.task_id),
      inPath('name', 'The file’s name', 'output.png'),
      ...inQuery({
        e: { type: 'string', description: 'When the link ends, Unix seconds' },
        token: { type: 'string', description: 'The signature' },
        ...rendition,
      }),
      ...conditions,
    ],
    answers: {
      ...pictureAnswers,
      302: {
        description: 'The store’s own link, where the server is set to send readers on',
        headers: { Location: { schema: { type: 'string' } } },
      },
    },
    refusals: ['invalid_request', 'forbidden', 'not_found', 'overloaded', 'internal'],
  },
  {
    id: 'uploadFile',
    method: 'post',
    path: '/api/files',
    tag: 'Files',
    summary: 'Upload a picture to use as an input',
    description:
      'Exactly one: a file of a multipart body, the body itself, or a link. The answer’s file is its link.',
    body: uploadBody,
    answers: answer('File', 'Kept'),
    refusals: refusedSubmit.filter((type) => type !== 'conflict'),
  },
  {
    id: 'listFiles',
    method: 'get',
    path: '/api/files',
    tag: 'Files',
    summary: 'List uploaded pictures',
    answers: answer('FileList', 'The files of the key'),
  },
  {
    id: 'getFile',
    method: 'get',
    path: '/api/files/{id}',
    tag: 'Files',
    summary: 'One uploaded picture',
    parameters: [fileId],
    answers: answer('File', 'The file, with a link made anew'),
    refusals: ['not_found'],
  },
  {
    id: 'deleteFile',
    method: 'delete',
    path: '/api/files/{id}',
    tag: 'Files',
    summary: 'Delete an uploaded picture',
    parameters: [fileId],
    answers: answer('FileDeleted', 'Deleted'),
    refusals: ['not_found'],
  },
];
