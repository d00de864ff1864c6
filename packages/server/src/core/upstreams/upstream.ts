// Port of upstreams, which make the pictures. An adapter speaks one upstream's API with one credential. It turns each answer into a
// result or a `TaskError`, and knows nothing of tasks, stores or limits.

import type { Capabilities } from '../models/capabilities.ts';
import { TaskError } from '../errors.ts';
import type { TaskFailure, UnreadAnswer } from '../errors.ts';
import type {
  Background,
  ImageSize,
  InputRole,
  Moderation,
  Operation,
  Quality,
  StoredOperation,
  TaskAction,
} from '../tasks/task.ts';
import type { Usage } from './usage.ts';

/** Picture in memory. Its type was found in its bytes, not in a header. */
export interface Picture {
  bytes: Uint8Array;
  /** `image/png`, `image/jpeg`, `image/webp` ... */
  contentType: string;
  /** Pixels. */
  width: number;
  height: number;
  role?: InputRole;
}

/** Request to an upstream, fitted to the capabilities of its model. */
export interface UpstreamRequest {
  action: TaskAction;
  model: string;
  prompt: string;
  /** Inputs: upright, without metadata, and PNG, JPEG or WebP, which every upstream takes. */
  inputs: Picture[];
  /** Mask for the first input: a PNG. Only for a model whose capabilities have it. */
  mask?: Picture;
  /** Ratio such as `16:9`, or `auto`. */
  aspectRatio: string;
  imageSize: ImageSize;
  seed?: number;
  quality?: Quality;
  background?: Background;
  moderation?: Moderation;
  /** Number of partial images of each picture, 1 to 3; absent where none are wanted. Only for a model whose capabilities have them. */
  partialImages?: number;
  /** Number of pictures; default: 1. Never more than the model's capabilities say. */
  count?: number;
  /** Number of the first of them within its task, which is for several; default: 1. */
  index?: number;
}

export interface UpstreamContext {
  /** Number of the call for this task, counted from 1. */
  attempt: number;
  /** Prompt of the task, to be removed from messages that repeat it. `poll` needs it here because it has no request. */
  prompt: string;
  /** Signal that aborts at the deadline, when the lease is lost and when the server stops. The call must end soon after. */
  signal: AbortSignal;
  /** Reports the progress of the work, 0 to 1. Cheap; may be called often. */
  onProgress(progress: number): void;
  /** Takes a partial image, before the picture that it becomes. Cheap; absent where nobody takes any. */
  onPartialImage?(image: ArrivedPartialImage): void;
}

/** Partial image as the upstream sent it, not yet inspected. */
export interface ArrivedPartialImage {
  /** Number among those of its picture, from 0. */
  index: number;
  bytes: Uint8Array;
}

export interface UpstreamResult {
  /** Bytes of the pictures as the upstream sent them, not yet inspected. At least one. */
  pictures: Uint8Array[];
  /** Text that came with the pictures, else `""`. */
  description: string;
  /** Sentences about values of the request that the upstream did not take. */
  warnings: string[];
  usage?: Usage;
  /** Cost that the upstream itself states, in millionths of a US dollar. It takes precedence over the price table. */
  costMicroUsd?: number;
}

/** Operation that an upstream has started. Its result comes from `poll`. */
export interface StartedOperation {
  operation: Operation;
  /** Warnings that are known at the start; added to the result's. */
  warnings: string[];
  /** Delay before the first poll, where the upstream asks for one. */
  pollAfterMs?: number;
}

/** Progress of an operation that has not ended. */
export interface OperationProgress {
  /** Share of the work that is done, 0 to 1. */
  progress?: number;
  /** Delay before the next poll, where the upstream asks for one. */
  pollAfterMs?: number;
}

/** Failure of an operation, which is final: it will bring no picture. */
export interface OperationFailure {
  failure: TaskFailure;
  usage?: Usage;
  /** Set where the failure is `answered`. */
  answer?: UnreadAnswer;
}

/** Error of a poll that saw the end of an operation but could not fetch its pictures. A later poll may. */
export class PicturesNotFetchedError extends TaskError {
  /** Operation to poll from now on, as the upstream may forget the first one sooner than its pictures. Its warnings are the result's. */
  readonly instead: StoredOperation;

  constructor(cause: TaskError, instead: StoredOperation) {
    super(cause.failure, { cause, usage: cause.usage, answer: cause.answer });
    this.name = 'PicturesNotFetchedError';
    this.instead = instead;
  }
}

export interface Upstream {
  /** Kind of upstream, such as `gemini`. */
  readonly name: string;
  /** Finds the capabilities of a model in a table; called often. */
  capabilities(model: string): Capabilities;
  /**
   * Makes pictures, or starts an operation that makes them. Throws `TaskError` for every failure of the upstream or the network; when
   * `context.signal` aborts, rejects with the signal's reason.
   */
  start(request: UpstreamRequest, context: UpstreamContext): Promise<UpstreamResult | StartedOperation>;
  /**
   * Polls an operation once; absent where `start` gives none. The end of the operation, a failure too, is returned. A `TaskError` that
   * is thrown is about the poll, or about fetching the pictures: a retryable one means that the operation is polled again later.
   */
  poll?(
    operation: Operation,
    context: UpstreamContext,
  ): Promise<UpstreamResult | OperationFailure | OperationProgress>;
  /** Asks the upstream to cancel an operation. Best effort: it may reject, and the operation may go on all the same. */
  cancel?(operation: Operation, signal: AbortSignal): Promise<void>;
  /**
   * Checks the address and the credential by the cheapest request that makes no picture. Gives a few words about the answer for the
   * operator. Throws `TaskError`.
   */
  check(signal: AbortSignal): Promise<string>;
}
