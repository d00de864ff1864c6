// The port behind which pictures are made. An adapter speaks one upstream's wire and knows nothing of tasks,
// stores or HTTP answers; it turns whatever the upstream says into a result or a TaskError.

import type { ImageSize, TaskAction } from './task.ts';

/** A picture in memory whose type was found by its bytes, not by what somebody called it. */
export interface Picture {
  bytes: Uint8Array;
  /** `image/png`, `image/jpeg`, `image/webp` ... */
  contentType: string;
  /** Pixels. */
  width: number;
  height: number;
}

export interface UpstreamRequest {
  action: TaskAction;
  /** The upstream's own name of the model. */
  model: string;
  prompt: string;
  inputs: Picture[];
  /** A ratio such as `16:9`, or `auto`. */
  aspectRatio: string;
  imageSize: ImageSize;
  seed?: number;
}

export interface UpstreamContext {
  /** 1 on the first call for this task, and so on. */
  attempt: number;
  /** Aborted at the deadline, when the lease is lost and when the server stops. `start` must end soon after. */
  signal: AbortSignal;
  /** Reports how far the work is, 0 to 1. Cheap; may be called often. */
  onProgress(progress: number): void;
}

export interface UpstreamResult {
  /** At least one; the bytes are as the upstream sent them and were not yet checked. */
  pictures: Uint8Array[];
  /** Text that came with the pictures, else `""`. */
  description: string;
  /** What was asked for and could not be done as asked, a sentence each. */
  warnings: string[];
  /** Tokens by kind, as the upstream counted them. */
  usage?: Record<string, number>;
}

export interface Upstream {
  /** Short name for records and logs, such as `gemini`. */
  readonly name: string;
  /**
   * Makes the picture. Throws `TaskError` for every failure that the upstream or the network caused;
   * when `context.signal` aborts, rejects with the signal's reason.
   */
  start(request: UpstreamRequest, context: UpstreamContext): Promise<UpstreamResult>;
}
