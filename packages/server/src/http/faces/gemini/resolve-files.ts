// Files among the pictures of a request, by the addresses that uploads through this face are given.

import { type LinkToFile, maxFiles } from '../kit/file-links.ts';
import type { ResolveFiles } from './submission-of.ts';

/** `files/ID`, or the address of a file of this face, whatever name the client has for the server. */
const ofFile =
  /^(?:https?:\/\/[^/?#]{1,300}(?:\/[^?#]{0,300})?\/gemini\/v1(?:beta)?\/)?files\/([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/i;
const atGoogle = /^https:\/\/generativelanguage\.googleapis\.com\/[^?#]{0,100}files\//i;

/** UUID of a file that is named so; `undefined` for any other text. */
export function fileIdIn(text: string): string | undefined {
  return text.length > 1_000 ? undefined : ofFile.exec(text.trim())?.[1]?.toLowerCase();
}

export function createResolveFiles(linkToFile: LinkToFile): ResolveFiles {
  return async (keyId, pictures) =>
    await Promise.all(
      pictures.map(async ({ path, value }, index) => {
        const text = typeof value === 'string' && value.length <= 1_000 ? value.trim() : '';
        if (atGoogle.test(text))
          return {
            path,
            value: new Error('is a file at Google, which this server can’t read: upload it here'),
          };
        const id = fileIdIn(text);
        if (id === undefined) return { path, value };
        if (index >= maxFiles)
          return { path, value: new Error('is one of far more pictures than are taken') };
        const link = await linkToFile(keyId, id);
        return { path, value: link ?? new Error('is no file of this key, or it has expired') };
      }),
    );
}
