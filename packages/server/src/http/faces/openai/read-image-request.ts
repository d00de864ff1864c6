// Reads a picture request of OpenAI's clients: JSON, or multipart, whose fields 6.x of the library sends behind the files and 7.x before them.

import type { Fault } from '../../../core/errors.ts';
import type { TaskAction } from '../../../core/tasks/task.ts';
import type { Body, Fields } from '../../body/body-fields.ts';
import { absent } from '../../submit/member-names.ts';
import { shorten } from '../../submit/submit-names.ts';
import type { NestedPictures } from '../../submit/nested-pictures.ts';
import type { ReadSubmission, SubmissionLimits } from '../../submit/submission.ts';
import { type AskedPicture, readAsked } from '../kit/asked-task.ts';
import { maxFiles } from '../kit/file-links.ts';
import { readFileId } from './batches/ids.ts';
import { readSending, type Sending, taskMembers } from './image-members.ts';

/** Places of pictures: in the list of JSON, and where clients of other servers have them. */
export const imagePlaces: NestedPictures = {
  uris: ['image_url', 'image', 'images', 'image_urls', 'url', 'mask'],
  base64: ['b64_json'],
};

const known: ReadonlySet<string> = new Set([...taskMembers, 'image', 'images', 'image_urls', 'mask']);

export interface ImageRequest {
  read: ReadSubmission;
  sending: Sending;
}

/** Gives a link to the picture of a file of the caller's, by its UUID; `null` where there is none. */
export type FindFile = (id: string) => Promise<string | null>;

/** Rejects with `RequestError` with every fault. */
export async function readImageRequest(
  action: TaskAction,
  { fields, files }: Body,
  { limits, findFile }: { limits: SubmissionLimits; findFile: FindFile },
): Promise<ImageRequest> {
  const faults: Fault[] = [];
  const warnings: string[] = [];
  const sending = readSending(fields, known, { faults, warnings });
  const sent = [...picturesIn(fields), ...files.filter(({ name }) => name !== 'mask').map(ofFile)];
  const pictures = await Promise.all(sent.slice(0, maxFiles).map((picture) => found(picture, findFile)));
  // The rest is not looked up, and still counted, as too many.
  pictures.push(...sent.slice(maxFiles));
  const mask = maskIn(fields, files);
  const { prompt, model, n, size, aspect_ratio, image_size, seed, metadata, deadline_seconds } = fields;
  const { quality, background, moderation } = fields;
  const asked = {
    action,
    prompt,
    model,
    n,
    size,
    seed,
    quality,
    background,
    moderation,
    metadata,
    pictures,
    mask: mask && (await found(mask, findFile)),
    aspectRatio: aspect_ratio,
    imageSize: image_size,
    deadlineSeconds: deadline_seconds,
  };
  const { submission, warnings: others } = readAsked(asked, limits, {
    names: { image_urls: 'image' },
    faults,
  });
  return { read: { submission, warnings: [...warnings, ...others] }, sending };
}

function ofFile({ name, bytes }: Body['files'][number], index: number): AskedPicture {
  return { path: `${name === '' ? 'image' : shorten(name)}[${index}]`, value: bytes };
}

function maskIn({ mask }: Fields, files: Body['files']): AskedPicture | undefined {
  const file = files.find(({ name }) => name === 'mask');
  if (file !== undefined) return { path: 'mask', value: file.bytes };
  return absent(mask) ? undefined : pictureIn(mask, 'mask');
}

/** Pictures of JSON, and of fields that are links: each an object or the picture itself. */
function picturesIn(fields: Fields): AskedPicture[] {
  return ['images', 'image', 'image_urls'].flatMap((name) => {
    const value = fields[name];
    if (absent(value)) return [];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.map((each, index) => pictureIn(each, Array.isArray(value) ? `${name}[${index}]` : name));
  });
}

/** Picture that is a file of the caller's. */
class NamedFile {
  readonly id: unknown;

  constructor(id: unknown) {
    this.id = id;
  }
}

/** Puts a link in the place of a file, and an `Error` where the caller has no such picture. */
async function found({ path, value }: AskedPicture, findFile: FindFile): Promise<AskedPicture> {
  if (!(value instanceof NamedFile)) return { path, value };
  const file = typeof value.id === 'string' ? readFileId(value.id) : null;
  const link = file?.kind === 'input' ? await findFile(file.id) : null;
  return {
    path,
    value: link ?? new Error('is no picture of this key, or it has expired: upload it at /files'),
  };
}

function pictureIn(given: unknown, path: string): AskedPicture {
  if (!isObject(given)) return { path, value: given };
  for (const member of ['image_url', 'url', 'b64_json']) {
    const value = given[member];
    // Chat completions have an object there, and clients send what they know.
    if (isObject(value)) return { path: `${path}.${member}.url`, value: value['url'] };
    if (value !== undefined && value !== null) return { path: `${path}.${member}`, value };
  }
  if (given['file_id'] !== undefined)
    return { path: `${path}.file_id`, value: new NamedFile(given['file_id']) };
  return { path, value: new Error('has no image_url and no file_id') };
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' &&
  value !== null &&
  !(Array.isArray(value) || value instanceof Uint8Array || value instanceof Error);
