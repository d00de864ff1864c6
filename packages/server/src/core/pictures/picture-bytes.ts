// Ports for the bytes of one picture: inspecting them, and writing a label into their metadata.

import type { ImageDetails } from '../tasks/task.ts';

/** Picture that shows nothing: `transparent` where no pixel is opaque, else the one colour of all pixels, such as `#000000`. */
export type Blank = 'transparent' | `#${string}`;

/**
 * Inspects bytes and finds the type and measures of the picture. Throws `TaskError` (`input_unreachable`) when they are no picture that
 * the server accepts: `message` is for the sender of an input, `whatCame` for a sentence about a result. `owner` is the API key that
 * waits; owners take turns. Rejects with the signal's reason when it aborts. `known` are the details that an earlier inspection found:
 * bytes that still match them are not decoded again, which would take seconds.
 */
export type InspectPicture = (
  bytes: Uint8Array,
  owner?: string,
  signal?: AbortSignal,
  known?: ImageDetails,
) => Promise<ImageDetails>;

/** As `InspectPicture`, for a result: says too whether the picture is blank, and whether its file holds a C2PA manifest. */
export type InspectResult = (
  bytes: Uint8Array,
  owner?: string,
) => Promise<{ details: ImageDetails; blank?: Blank | undefined; c2pa: boolean }>;

/** Facts of how a picture was made, to be written into its metadata. */
export interface PictureLabel {
  prompt: string;
  /** Model by the name in the task. */
  model: string;
  taskId: string;
}

/**
 * Writes a label into the picture's metadata; the pixels are not touched. Returns the input itself where it has such metadata already,
 * where its bytes are signed, where its type has no field for it, and where it is no picture.
 */
export type LabelPicture = (bytes: Uint8Array, label: PictureLabel) => Promise<Uint8Array>;
