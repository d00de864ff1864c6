// Turns the pictures of a submit, given in any form, into links that the server can read.

import { UnsupportedError } from '../errors.ts';
import type { Files } from '../files/files.ts';
import type { SubmitBody } from '../wire/task-types.ts';

/** A link, a `data:` URI, or the bytes of a picture, which are uploaded first. */
export type PictureSource = string | URL | Blob | Uint8Array;

/** Resolves with the link for a picture. */
export type Inputs = (source: PictureSource, signal: AbortSignal | undefined) => Promise<string>;

/** Uploads bytes; where the server takes no uploads, pictures travel inside the request as `data:` URIs. */
export function createInputs(files: Pick<Files, 'upload'>): Inputs {
  let takesFiles = true;
  return async (source, signal) => {
    if (typeof source === 'string') return source;
    if (source instanceof URL) return source.href;
    if (takesFiles)
      try {
        return (await files.upload(source, { signal })).file;
      } catch (error) {
        if (!(error instanceof UnsupportedError)) throw error;
        takesFiles = false;
      }
    const bytes = source instanceof Blob ? new Uint8Array(await source.arrayBuffer()) : source;
    return `data:${typeOf(bytes)};base64,${toBase64(bytes)}`;
  };
}

/** Replaces the pictures of an input by their links, one after the other. */
export async function toLinks<Input extends Pictures>(
  { image_urls: sources, mask, ...rest }: Input,
  inputs: Inputs,
  signal: AbortSignal | undefined,
): Promise<Omit<Input, keyof Pictures> & Pick<SubmitBody, keyof Pictures>> {
  const links: string[] = [];
  for (const source of sources ?? []) links.push(await inputs(source, signal));
  return {
    ...rest,
    ...(sources === undefined ? {} : { image_urls: links }),
    ...(mask === undefined ? {} : { mask: await inputs(mask, signal) }),
  };
}

interface Pictures {
  image_urls?: readonly PictureSource[];
  mask?: PictureSource;
}

/** First bytes of each type, as Latin-1. */
const beginnings = [
  ['\x89PNG', 'image/png'],
  ['\xFF\xD8\xFF', 'image/jpeg'],
  ['RIFF', 'image/webp'],
] as const;

function typeOf(bytes: Uint8Array): string {
  const beginning = String.fromCharCode(...bytes.subarray(0, 4));
  return beginnings.find(([start]) => beginning.startsWith(start))?.[1] ?? 'application/octet-stream';
}

function toBase64(bytes: Uint8Array): string {
  // A call takes only so many arguments.
  const maxArguments = 0x8000;
  let text = '';
  for (let at = 0; at < bytes.length; at += maxArguments)
    text += String.fromCharCode(...bytes.subarray(at, at + maxArguments));
  return btoa(text);
}
