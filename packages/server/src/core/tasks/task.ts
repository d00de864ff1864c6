// A task and its life. The moves that are allowed, and who makes them:
//
//   pending    taken by a worker                                  -> running
//              its deadline passes, or it is cancelled            -> error
//   running    the worker that holds the lease ends it            -> succeeded | error
//              that worker puts it back (retry later, shutdown)   -> pending
//              its lease expires and it is rescued                -> pending | error
//              it is to be cancelled: its worker, or whoever      -> error
//              finds it next, ends it
//   succeeded  final
//   error      final
//
// The same table stands as CHECKs in the store's schema, and each move is one conditional write there.

import type { ImageDetails, TaskAction, TaskState, WebhookEventType } from '@plantain/client';
import type { TaskFailure } from '../errors.ts';
import type { Usage } from '../upstreams/usage.ts';

export type { ImageDetails, TaskAction, TaskState };

export const taskStates = [
  'pending',
  'running',
  'succeeded',
  'error',
] as const satisfies readonly TaskState[];
export const taskActions = ['generate', 'edit'] as const satisfies readonly TaskAction[];

/** A picture that a task works on: a link that is fetched when the task runs, or bytes already in the picture store. */
export type TaskInput = { kind: 'url'; url: string } | StoredInput;

export interface StoredInput {
  kind: 'stored';
  /** Key in the picture store. */
  key: string;
  /** Absent of tasks from before it was kept. */
  details?: ImageDetails;
}

/** A request after validation: names are canonical and nothing is left to interpret. */
export interface TaskRequest {
  prompt: string;
  inputs: TaskInput[];
  /** A ratio of the model's list such as `16:9`, or `auto`. */
  aspectRatio: string;
  /** A size of the model's list. */
  imageSize: ImageSize;
  seed?: number;
  /** How long the pictures are kept from the end of the task; without it, as long as the server says. */
  expiresInSeconds?: number;
  /** Texts that the caller wants to find again beside the task. */
  metadata?: Record<string, string>;
  /** The failed task that this one was made from. */
  retryOf?: string;
  /** Where webhooks of this task go, beside the endpoints of its key; which ones, where not the usual. */
  callbackUrl?: string;
  callbackEvents?: readonly WebhookEventType[];
}

export type ImageSize = '512' | '1K' | '2K' | '4K';

/** One picture of a finished task: where its bytes are, and its measures. */
export interface StoredPicture extends ImageDetails {
  /** Key in the picture store. */
  key: string;
  fileName: string;
}

export interface TaskResult {
  pictures: StoredPicture[];
  description: string;
  warnings: string[];
  usage?: Usage;
}

export type AttemptOutcome = 'succeeded' | 'failed' | 'unknown' | 'interrupted';

/** One call to an upstream: written before the call, closed after it. */
export interface Attempt {
  /** 1, 2, 3 ... within the task. */
  number: number;
  upstream: string;
  upstreamModel: string;
  /** Unix milliseconds. */
  startedAt: number;
  /** Unix milliseconds; `null` while the call is open. */
  finishedAt: number | null;
  outcome: AttemptOutcome | null;
  failure: TaskFailure | null;
  maybeBilled: boolean;
  /** Which of the upstream's keys made the call, by a label that gives nothing of it away; `null` before labels were kept. */
  credential: string | null;
  /** The operation at an upstream that works by itself. An open attempt that has one is taken up again, never made anew. */
  operation: StoredOperation | null;
  usage: Usage | null;
  /** Millionths of a US dollar; `null` where it is not known. */
  costMicroUsd: number | null;
}

/** What names an operation at an upstream that works by itself, in the adapter's own words. Stored with the attempt, so never a secret. */
export type Operation = Readonly<Record<string, string>>;

export interface StoredOperation {
  operation: Operation;
  /** What was known at the start and belongs to the result. */
  warnings: string[];
}

/** A task as the store has it. All times are Unix milliseconds. */
export interface Task {
  /** UUIDv7. */
  id: string;
  /** The API key that made it; the only one that may see it. */
  keyId: string;
  action: TaskAction;
  /** Canonical model name. */
  model: string;
  request: TaskRequest;
  /** The batch that it was submitted with. */
  batchId: string | null;
  state: TaskState;
  createdAt: number;
  updatedAt: number;
  /** Grows with each change of any task of the store, in the order of the commits. */
  changed: number;
  /** Since when a running task is to be cancelled; it stays when the task has ended. */
  cancelRequestedAt: number | null;
  /** When a pending task may be taken. */
  dueAt: number;
  deadlineAt: number;
  finishedAt: number | null;
  /** 0 to 1. */
  progress: number;
  /** Attempts that count against the limit: a delay that an upstream asked for does not. */
  triesUsed: number;
  /** Set when `state` is `succeeded`. */
  result: TaskResult | null;
  /** Set when `state` is `error`. */
  failure: TaskFailure | null;
  attempts: Attempt[];
}
