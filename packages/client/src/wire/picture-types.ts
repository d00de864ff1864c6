// Wire types of what is told of a picture.

import type { UnixSeconds } from './envelope-types.ts';

/** Measures of one picture (Plantain). */
export interface ImageDetails {
  width: number;
  height: number;
  content_type: string;
  bytes: number;
  /** Hex SHA-256 of the picture's bytes. */
  sha256: string;
}

/** How one picture of a result came about (Plantain). */
export interface PictureReceipt {
  /** Canonical name of the model. */
  model: string;
  /** Name of the upstream in the settings. */
  upstream: string;
  /** Name of the model at the upstream. */
  upstream_model: string;
  /** Number of the attempt that brought it. */
  attempt: number;
  /** End of that attempt, by when the picture was stored. */
  create_time: UnixSeconds;
}

/** Measures of one picture of a result, and how it came about (Plantain). */
export interface ResultDetails extends ImageDetails {
  /** True where the file holds a C2PA manifest, which other sizes and formats of it lose. */
  c2pa?: true;
  /** Absent in tasks that ended before there were receipts. */
  receipt?: PictureReceipt;
}
