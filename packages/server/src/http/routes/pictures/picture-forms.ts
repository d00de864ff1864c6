// Forms that the calls around pictures have in common: what can be asked of one, and how it is sent.

import { memberSchemas } from '../../openapi/json-schema.ts';
import { inHeader, inQuery } from '../../openapi/parameters.ts';
import { header } from '../../openapi/responses.ts';
import { renditionMembers } from '../../pictures/rendition-query.ts';
import { manifestHeader } from '../../pictures/send-picture.ts';

export const describeRendition = () => inQuery(memberSchemas(renditionMembers.table));

export const conditions = [
  inHeader('Range', 'A part of the picture', { type: 'string', examples: ['bytes=0-1023'] }),
  inHeader('If-None-Match', 'The ETag of a picture that the reader has', { type: 'string' }),
];

export const binary = { type: 'string', format: 'binary' };
const content = { 'image/*': { schema: binary } };
const manifest = { [manifestHeader]: header('LostManifest') };
const headers = {
  ETag: header('ETag'),
  'Content-Disposition': header('ContentDisposition'),
  ...manifest,
};
export const pictureAnswers = {
  200: { description: 'The picture', headers, content },
  206: {
    description: 'The part that was asked for',
    headers: { ...headers, 'Content-Range': header('ContentRange') },
    content,
  },
  304: { description: 'The reader has it already', headers: { ETag: header('ETag'), ...manifest } },
  416: {
    description: 'The picture has no such part',
    headers: { 'Content-Range': header('ContentRange'), ...manifest },
  },
};
