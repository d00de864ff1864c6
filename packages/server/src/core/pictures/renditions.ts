// The port behind which other sizes and formats of a stored picture are made.

import type { StoredPicture } from '../tasks/task.ts';

export const renditionFormats = ['webp', 'avif', 'jpeg', 'png'] as const;
export type RenditionFormat = (typeof renditionFormats)[number];

export interface RenditionOptions {
  /** The box to fit into, in pixels. */
  width?: number;
  height?: number;
  /** The picture's own where there is none, or PNG. */
  format?: RenditionFormat;
  /** 1 to 100; of no effect on PNG. */
  quality?: number;
}

/** Source of a rendition: a stored picture that was inspected, so that its measures are true. */
export type RenditionSource = Pick<StoredPicture, 'key' | 'content_type' | 'width' | 'height' | 'bytes'>;

/** A file of the picture store. */
export interface Rendition {
  /** Ends in a name that says all that was asked for, such as `/640x360-80.webp`; the source's own where that is it. */
  key: string;
  contentType: string;
  /** Size of the file. */
  bytes: number;
}

/**
 * The file for what was asked. Never larger than the source in either measure. `owner` is the key that the source belongs to:
 * turns go round the owners. Rejects with `RequestError` (`overloaded`) when too many of the source or of its owner are waited
 * for, and as the store does; the source has to be there.
 */
export type RenderPicture = (
  source: RenditionSource,
  options: RenditionOptions,
  owner?: string,
) => Promise<Rendition>;
