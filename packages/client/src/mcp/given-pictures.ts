// Pictures as models name them: links, data: URIs, base64, and files, which only a program on the caller's own machine can read.

import { Buffer } from 'node:buffer';
import { PlantainError } from '../index.ts';
import { isPictureInBase64 } from './picture-start.ts';
import type { ToolParts } from './tool.ts';

type PictureParts = Pick<ToolParts, 'readPicture' | 'baseUrl'>;

/** Turns an entry of `image_urls` into a link or bytes; `where` names the argument in an error. Rejects with `PlantainError`. */
export async function givenPicture(
  picture: string,
  where: string,
  parts: PictureParts,
): Promise<string | Uint8Array> {
  if (/^(https?:|data:)/i.test(picture)) return picture;
  if (isPictureInBase64(picture)) return Buffer.from(picture, 'base64');
  if (parts.readPicture !== undefined) return await parts.readPicture(picture);
  if (looksLikePath(picture)) throw noFilesHere(picture, where, parts);
  return picture;
}

/** Turns an argument into the bytes of a picture or a link to one. Rejects with `PlantainError`. */
export async function pictureToUpload(
  picture: string,
  where: string,
  parts: PictureParts,
): Promise<URL | Uint8Array> {
  if (/^https?:/i.test(picture) && URL.canParse(picture)) return new URL(picture);
  if (/^data:/i.test(picture)) return fromDataUri(picture, where);
  const given = await givenPicture(picture, where, parts);
  if (typeof given !== 'string') return given;
  throw new PlantainError(
    `${where} must be a data: URI, base64 of a picture, or an http(s) link, and is none of them.`,
  );
}

/** Detects paths such as `file:///a.png`, `~/a.png`, `./a`, `C:\a.png` and `a.png`. */
function looksLikePath(text: string): boolean {
  if (text.length > 4_096) return false;
  return (
    /^(file:|~|\.{0,2}[\\/]|[a-z]:[\\/])/i.test(text) ||
    /\.(png|jpe?g|webp|gif|avif|hei[cf]|tiff?|bmp)$/i.test(text)
  );
}

function fromDataUri(uri: string, where: string): Uint8Array {
  const comma = uri.indexOf(',');
  const isBase64 = comma >= 7 && uri.slice(comma - 7, comma).toLowerCase() === ';base64';
  const bytes = Buffer.from(isBase64 ? uri.slice(comma + 1) : '', 'base64');
  if (bytes.length > 0) return bytes;
  throw new PlantainError(`${where} is a data: URI without base64. Send data:image/png;base64,…`);
}

function noFilesHere(path: string, where: string, { baseUrl }: PictureParts): PlantainError {
  return new PlantainError(
    `${where}: ${JSON.stringify(path.slice(0, 200))} is a file on your own machine, which this server can't read. ` +
      `Give its bytes to upload_image as base64, or ${howToPost(baseUrl)}. ` +
      'The program "plantain mcp", which runs on your machine, takes paths as they are.',
  );
}

/** Words on how to upload a picture that exceeds a call. */
export function howToPost(baseUrl: string): string {
  return (
    `send the file with your key to POST ${baseUrl}/api/files and use the link in data.file of the answer: ` +
    `curl -H "Authorization: Bearer YOUR_KEY" -F file=@picture.png ${baseUrl}/api/files`
  );
}
