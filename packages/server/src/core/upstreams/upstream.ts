// The port behind which pictures are made. An adapter speaks one upstream's wire with one credential and knows nothing of
// tasks, stores, limits or HTTP answers; it turns whatever the upstream says into a result or a TaskError.

import type { Capabilities } from '../models/capabilities.ts';
import { TaskError } from '../errors.ts';
import type { TaskFailure, UnreadAnswer } from '../errors.ts';
import type { ImageSize, Operation, StoredOperation, TaskAction } from '../tasks/task.ts';
import type { Usage } from './usage.ts';

/** A picture in memory whose type was found by its bytes, not by what somebody called it. */
export interface Picture {
  bytes: Uint8Array;
  /** `image/png`, `image/jpeg`, `image/webp` ... */
  contentType: string;
  /** Pixels. */
  width: number;
  height: number;
}

/** A request to an upstream, already fitted to the capabilities of the model. */
export interface UpstreamRequest {
  action: TaskAction;
  /** The upstream's own name of the model. */
  model: string;
  prompt: string;
  /** Upright, without metadata, and PNG, JPEG or WebP, which every upstream takes. */
  inputs: Picture[];
  /** A ratio such as `16:9`, or `auto`. */
  aspectRatio: string;
  imageSize: ImageSize;
  seed?: number;
}

export interface UpstreamContext {
  /** 1 on the first call for this task, and so on. */
  attempt: number;
  /** The task's prompt, so that it can be taken out of what an upstream repeats; `poll` has no request. */
  prompt: string;
  /** Aborted at the deadline, when the lease is lost and when the server stops. The call must end soon after. */
  signal: AbortSignal;
  /** Reports how far the work is, 0 to 1. Cheap; may be called often. */
  onProgress(progress: number): void;
}

export interface UpstreamResult {
  /** At least one; the bytes are as the upstream sent them and were not yet checked. */
  pictures: Uint8Array[];
  /** Text that came with the pictures, else `""`. */
  description: string;
  /** Wishes that could not be met, a sentence each. */
  warnings: string[];
  usage?: Usage;
  /** Millionths of a US dollar, where the upstream itself says what it charges; goes before the price table. */
  costMicroUsd?: number;
}

/** The upstream took the operation and works on it; `poll` brings its result. */
export interface StartedOperation {
  operation: Operation;
  /** Known already at the start; joined to the result's. */
  warnings: string[];
  /** How long to wait before the first poll, where the upstream says so. */
  pollAfterMs?: number;
}

/** The operation goes on. */
export interface OperationProgress {
  /** 0 to 1. */
  progress?: number;
  /** How long to wait before the next poll, where the upstream says so. */
  pollAfterMs?: number;
}

/** The operation has ended without a picture, for good. */
export interface OperationFailure {
  failure: TaskFailure;
  usage?: Usage;
  /** With a failure that is `answered`. */
  answer?: UnreadAnswer;
}

/** Thrown by a poll that saw the end of an operation and could not fetch its pictures, though a later one may. */
export class PicturesNotFetchedError extends TaskError {
  /** Operation to poll from now on: the upstream may forget the operation sooner than its pictures. The warnings are the result's. */
  readonly instead: StoredOperation;

  constructor(cause: TaskError, instead: StoredOperation) {
    super(cause.failure, { cause, usage: cause.usage, answer: cause.answer });
    this.name = 'PicturesNotFetchedError';
    this.instead = instead;
  }
}

export interface Upstream {
  /** The kind of upstream, such as `gemini`. */
  readonly name: string;
  /** Capabilities of a model of this upstream; a table, asked often. */
  capabilities(model: string): Capabilities;
  /**
   * Makes the picture, or starts the operation that makes it. Throws `TaskError` for every failure that the upstream or the
   * network caused; when `context.signal` aborts, rejects with the signal's reason.
   */
  start(request: UpstreamRequest, context: UpstreamContext): Promise<UpstreamResult | StartedOperation>;
  /**
   * Asks once after an operation; there where `start` gives operations. An ended operation is returned, whatever its end; what is
   * thrown (`TaskError`) was only trouble in asking, or in fetching the pictures, and says nothing of the operation: it is asked
   * again later when the failure is retryable.
   */
  poll?(
    operation: Operation,
    context: UpstreamContext,
  ): Promise<UpstreamResult | OperationFailure | OperationProgress>;
  /** Asks the upstream to drop an operation. Best effort: may reject, and the operation may end all the same. */
  cancel?(operation: Operation, signal: AbortSignal): Promise<void>;
  /**
   * The cheapest harmless request that shows whether address and credential work: a few words on what answered, for the
   * operator. Throws `TaskError`.
   */
  check(signal: AbortSignal): Promise<string>;
}
