// Pictures of a result in the format that a request asks for, inside of answers and behind links.

import type { RenderPicture, RenditionFormat } from '../../../core/pictures/renditions.ts';
import type { StoredPicture, Task } from '../../../core/tasks/task.ts';

export interface Conversion {
  /** `undefined` leaves the picture as it is. */
  format?: RenditionFormat | undefined;
  /** 1 to 100; of jpeg and webp. */
  quality?: number | undefined;
}

/** Type that the picture has once it is converted. */
export function convertedType({ content_type: type }: StoredPicture, { format }: Conversion): string {
  return format === undefined ? type : `image/${format}`;
}

/** Gives the file of a task's picture, which is made where there is none. Rejects as `render` does. */
export async function convertedFile(
  render: RenderPicture,
  { keyId }: Task,
  picture: StoredPicture,
  { format, quality }: Conversion,
): Promise<{ key: string; contentType: string }> {
  const { key, content_type: contentType } = picture;
  if (format === undefined || (contentType === `image/${format}` && quality === undefined))
    return { key, contentType };
  return await render(picture, { format, ...(quality === undefined ? {} : { quality }) }, keyId);
}

/** Link to a picture that is converted when the link is followed. */
export function convertedLink(url: string, { format, quality }: Conversion): string {
  if (format === undefined) return url;
  return `${url}&format=${format}${quality === undefined ? '' : `&quality=${quality}`}`;
}
