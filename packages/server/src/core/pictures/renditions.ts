// Port for renditions: other sizes and formats of a stored picture.

import type { StoredPicture } from '../tasks/task.ts';

export const renditionFormats = ['webp', 'avif', 'jpeg', 'png'] as const;
export type RenditionFormat = (typeof renditionFormats)[number];

export interface RenditionOptions {
  /** Width of the box that the rendition fits into, in pixels. */
  width?: number;
  /** Height of the box, in pixels. */
  height?: number;
  /** Format of the rendition; default: the source's, or PNG where that is none of these. */
  format?: RenditionFormat;
  /** Quality from 1 to 100; has no effect on PNG. */
  quality?: number;
}

/** Stored picture that a rendition is made from. It was inspected, so its measures are true. */
export type RenditionSource = Pick<StoredPicture, 'key' | 'content_type' | 'width' | 'height' | 'bytes'>;

export interface Rendition {
  /** Key in the picture store. Ends in the options, such as `/640x360-80.webp`; the source's own key where nothing has to change. */
  key: string;
  contentType: string;
  /** Size of the file in bytes. */
  bytes: number;
}

/**
 * Makes a rendition, or finds one that was made before. It is never wider or higher than the source, which must exist. `owner` is the
 * API key that the source belongs to; owners take turns. Rejects with `RequestError` (`overloaded`) when too many renditions of this
 * source or this owner are waiting, and as the store does.
 */
export type RenderPicture = (
  source: RenditionSource,
  options: RenditionOptions,
  owner?: string,
) => Promise<Rendition>;
