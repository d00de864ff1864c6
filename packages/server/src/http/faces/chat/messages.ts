// The prompt and the pictures of a conversation: the last message of the user is what is asked for, and the pictures of the latest answer that
// has any are those to go on with.

import type { Fault } from '../../../core/errors.ts';
import type { Fields } from '../../body/body-fields.ts';
import { absent } from '../../submit/member-names.ts';
import { shorten } from '../../submit/submit-names.ts';
import type { AskedPicture } from '../kit/asked-task.ts';
import { linksIn } from './markdown-links.ts';

export interface Conversation {
  /** Text of the last message of the user, or whatever stands in its place. */
  prompt: unknown;
  promptPath: string;
  /** Pictures of that message. */
  pictures: AskedPicture[];
  /** Pictures of the latest answer before it that has any. */
  earlier: AskedPicture[];
  /** Whether there are instructions, of which no model of pictures makes anything. */
  hasInstructions: boolean;
}

/** Reads `messages`; adds to `faults`. `ownLinks` is the beginning of links to this server's pictures. */
export function readMessages(given: unknown, ownLinks: string, faults: Fault[]): Conversation {
  const messages: readonly unknown[] = Array.isArray(given) ? given : [];
  const last = messages.findLastIndex((message) => roleOf(message) === 'user');
  const message = messages[last];
  const none = { pictures: [], earlier: [], hasInstructions: false };
  if (!isObject(message)) {
    const fault = given instanceof Error ? given.message : 'must be a list with a message of the user';
    faults.push({ path: 'messages', message: fault });
    return { ...none, prompt: undefined, promptPath: 'messages' };
  }
  const path = `messages[${last}]`;
  const { text, pictures } = readContent(message['content'], `${path}.content`, faults);
  return {
    prompt: text,
    promptPath: `${path}.content`,
    pictures: [...pictures, ...imagesOf(message, path)],
    earlier: earlierPictures(messages.slice(0, last), ownLinks),
    hasInstructions: messages.some((each) => ['system', 'developer'].includes(roleOf(each))),
  };
}

function earlierPictures(messages: readonly unknown[], ownLinks: string): AskedPicture[] {
  for (const [index, message] of [...messages.entries()].toReversed()) {
    if (!isObject(message) || roleOf(message) !== 'assistant') continue;
    const path = `messages[${index}]`;
    const images = imagesOf(message, path);
    if (images.length > 0) return images;
    // An earlier answer may have parts that are of no use here.
    const { text, pictures } = readContent(message['content'], `${path}.content`, []);
    if (pictures.length > 0) return pictures;
    const links = typeof text === 'string' ? linksIn(text, ownLinks) : [];
    if (links.length > 0) return links.map((value) => ({ path: `${path}.content`, value }));
  }
  return [];
}

interface Content {
  text: unknown;
  pictures: AskedPicture[];
}

/** Text, or a list of parts, each a text or a picture. */
function readContent(content: unknown, path: string, faults: Fault[]): Content {
  if (!Array.isArray(content)) return { text: content, pictures: [] };
  const texts: string[] = [];
  const pictures: AskedPicture[] = [];
  for (const [index, part] of (content as unknown[]).entries()) {
    const at = `${path}[${index}]`;
    if (typeof part === 'string') texts.push(part);
    else if (isObject(part) && part['text'] !== undefined && isText(part['type'])) {
      const { text } = part;
      if (typeof text === 'string') texts.push(text);
      else faults.push({ path: `${at}.text`, message: isFault(text) ? text.message : 'must be text' });
    } else {
      const picture = isObject(part) ? pictureOf(part, at) : undefined;
      if (picture !== undefined) pictures.push(picture);
      else faults.push({ path: at, message: notTaken(part) });
    }
  }
  return { text: texts.join('\n'), pictures };
}

function notTaken(part: unknown): string {
  const type = isObject(part) ? part['type'] : undefined;
  const named = typeof type === 'string' ? ` of type ${shorten(type)}` : '';
  return `is a part${named} that is not taken: only text and image_url are`;
}

/** `image_url` of chat completions; `input_image`, in which the link is a text; and a picture that was sent as a file. */
function pictureOf(part: Fields, path: string): AskedPicture | undefined {
  const { image_url: link, file } = part;
  if (isObject(link)) return { path: `${path}.image_url.url`, value: link['url'] };
  if (!absent(link)) return { path: `${path}.image_url`, value: link };
  if (isObject(file) && file['file_data'] !== undefined)
    return { path: `${path}.file.file_data`, value: file['file_data'] };
  return undefined;
}

/** Pictures beside the content, as answers have them. */
function imagesOf({ images }: Fields, path: string): AskedPicture[] {
  if (!Array.isArray(images)) return [];
  return (images as unknown[]).flatMap((each, index) => {
    const at = `${path}.images[${index}]`;
    if (!isObject(each)) return absent(each) ? [] : [{ path: at, value: each }];
    return (
      pictureOf(each, at) ?? (each['url'] === undefined ? [] : { path: `${at}.url`, value: each['url'] })
    );
  });
}

const isText = (type: unknown) => typeof type !== 'string' || /^(?:input_|output_)?text$/.test(type);
const isFault = (value: unknown): value is Error => value instanceof Error;

function roleOf(message: unknown): string {
  const role = isObject(message) ? message['role'] : undefined;
  return typeof role === 'string' ? role : '';
}

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' &&
  value !== null &&
  !(Array.isArray(value) || value instanceof Uint8Array || value instanceof Error);
