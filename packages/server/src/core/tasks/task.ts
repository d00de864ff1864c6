// A task and the moves between its states:
//
//   pending    taken by a worker                                  -> running
//              its deadline passes, or it is cancelled            -> error
//   running    the worker that holds the lease ends it            -> succeeded | error
//              that worker puts it back (retry later, shutdown)   -> pending
//              its lease expires and it is rescued                -> pending | error
//              it is cancelled: ended by its worker, or by the    -> error
//              sweep where that is gone
//   succeeded  final
//   error      final
//
// The store's schema repeats this table as CHECKs, and each move is one conditional write there.

import type { ImageDetails, TaskAction, TaskState, WebhookEventType } from '@plantain/client';
import type { TaskFailure } from '../errors.ts';
import type { TaskMoney } from '../ledger/money.ts';
import type { Usage } from '../upstreams/usage.ts';

export type { ImageDetails, TaskAction, TaskState };

export const taskStates = [
  'pending',
  'running',
  'succeeded',
  'error',
] as const satisfies readonly TaskState[];
export const taskActions = ['generate', 'edit'] as const satisfies readonly TaskAction[];

/** Input of a task: a link that is fetched when the task runs, or a picture that is stored already. A mask is the last of its task. */
export type TaskInput = ({ kind: 'url'; url: string } | StoredInput) & { role?: InputRole };

/** Purpose of an input that is not itself to be edited. The transparent parts of a mask are where the first input is to be edited. */
export type InputRole = 'mask';

export interface StoredInput {
  kind: 'stored';
  key: string;
  /** Type and measures; absent for old tasks, which were stored without them. */
  details?: ImageDetails;
}

/** Member of a submit that an input came in; `index` is its position, 0 for the first. */
export function inputPath({ role }: { role?: InputRole | undefined }, index: number): string {
  return role === 'mask' ? 'mask' : `image_urls[${index}]`;
}

/** Request after validation. Names are canonical and nothing is left to interpret. */
export interface TaskRequest {
  /** Empty where it was deleted. */
  prompt: string;
  /** Set from when the prompt of an ended task was deleted, which then can't be repeated. */
  promptDeleted?: true;
  inputs: TaskInput[];
  /** Ratio of the model's list such as `16:9`, or `auto`. */
  aspectRatio: string;
  /** Size of the model's list. */
  imageSize: ImageSize;
  seed?: number;
  /** Number of pictures, where it is for more than one. */
  count?: number;
  /** Effort that the model is to make; absent where it is to choose. */
  quality?: Quality;
  /** Absent where the model is to choose. */
  background?: Background;
  /** Strictness of the model's own content rules, where it is not the usual one. */
  moderation?: Moderation;
  /** Number of partial images that its upstream is asked for, of each picture: 1 to 3. Absent where nobody waits for them. */
  partialImages?: number;
  /** Retention of the pictures from the end of the task; default: the server's. */
  expiresInSeconds?: number;
  /** Texts that the client stores with the task, to find it by. */
  metadata?: Record<string, string>;
  /** Id of the failed task that this one repeats. */
  retryOf?: string;
  /** URL for webhooks of this task, besides the endpoints of its key. */
  callbackUrl?: string;
  /** Events that are sent to `callbackUrl`; default: the final ones. */
  callbackEvents?: readonly WebhookEventType[];
  /** Span of the submit, as a `traceparent`; only where traces are kept. */
  traceparent?: string;
  /** `tracestate` beside it, where the client sent one. */
  tracestate?: string;
  /** Face that the request came by, where its answers have a form of their own. */
  face?: TaskFace;
}

/** Form in which a face's client is told of its task, later than in the answer to the submit. */
export interface TaskFace {
  name: FaceName;
  /** Format that the pictures are converted to; default: as the model made them. */
  format?: 'jpeg' | 'png' | 'webp';
  /** Whether answers have the pictures themselves instead of links. */
  inline?: true;
}

/** Faces that have answers of their own to what is asked later, and to webhooks. */
export type FaceName = 'fal' | 'replicate';

/** Most pictures of one task. */
export const maxPictures = 10;

/** Number of pictures that a task is for. */
export const countOf = ({ count = 1 }: Pick<TaskRequest, 'count'>): number => count;

export type ImageSize = '512' | '1K' | '2K' | '4K';

/** From the least effort to the most. Names are those of OpenAI's Images API (npm openai 7.59.0, resources/images.d.ts). */
export const qualities = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Quality = (typeof qualities)[number];

export const backgrounds = ['opaque', 'transparent'] as const;
export type Background = (typeof backgrounds)[number];

export const moderations = ['low'] as const;
export type Moderation = (typeof moderations)[number];

/** Picture of a result: its key in the picture store, and its measures. */
export interface StoredPicture extends ImageDetails {
  /** Key in the picture store. */
  key: string;
  fileName: string;
  /** Its file holds a C2PA manifest. Absent where none was found, and in what was stored before anybody looked. */
  c2pa?: true;
  /** Number of the attempt that brought it; absent in what was stored before there were receipts. */
  attempt?: number;
}

export interface TaskResult {
  pictures: StoredPicture[];
  description: string;
  warnings: string[];
  usage?: Usage;
}

export type AttemptOutcome = 'succeeded' | 'failed' | 'unknown' | 'interrupted';

/** Call to an upstream. It is stored before the call and closed after it. */
export interface Attempt {
  /** Number within the task, counted from 1. */
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
  /** Label of the credential that made the call; `null` in old attempts, which were stored without it. */
  credential: string | null;
  /** Operation that the call started. An open attempt that has one is resumed, never called anew. */
  operation: StoredOperation | null;
  usage: Usage | null;
  /** Millionths of a US dollar; `null` where it is not known. */
  costMicroUsd: number | null;
  /** Pictures that the call is for, counted from 1; absent in a task for one. */
  indices?: readonly number[];
  /** Pictures that it brought, which are stored; of a task for one only where that was set aside. */
  brought?: BroughtPictures;
  /** How those of its pictures go on that it did not bring; absent where it brought all, and where the call was broken off. */
  next?: NextCall;
}

/** Pictures that a call brought before its task ends. */
export interface BroughtPictures extends Omit<TaskResult, 'pictures'> {
  pictures: IndexedPicture[];
}

export interface IndexedPicture {
  /** Number within the task, counted from 1. */
  index: number;
  picture: StoredPicture;
  /** Set where the picture is not as asked, and is shown only if no other call brings a better one. */
  aside?: SetAside;
}

export interface SetAside {
  /** Distance from what was asked for, above 0. */
  off: number;
  warnings: string[];
}

/**
 * How pictures go on that a call did not bring: with a call elsewhere at once; with another one from the time `at` on, Unix milliseconds; or not
 * at all. `usesTry`: as `max_tries` counts.
 */
export type NextCall = { kind: 'elsewhere' | 'none' } | { kind: 'again'; at: number; usesTry: boolean };

/** Name of an operation at its upstream, in the adapter's own members. It is stored with the attempt, so it never has a secret. */
export type Operation = Readonly<Record<string, string>>;

export interface StoredOperation {
  operation: Operation;
  /** Warnings from the start of the operation, to be added to the result. */
  warnings: string[];
}

/** Task as it is stored. All times are Unix milliseconds. */
export interface Task {
  /** UUIDv7. */
  id: string;
  /** Owning API key; no other one sees the task. */
  keyId: string;
  /** Owner by whom the task is ordered, limited and charged; the key's id where the key had none. */
  ownerId: string;
  /** Place among its owner's own tasks: those of a higher priority are taken before. */
  priority: number;
  action: TaskAction;
  /** Canonical model name. */
  model: string;
  request: TaskRequest;
  batchId: string | null;
  state: TaskState;
  createdAt: number;
  updatedAt: number;
  /** Number of the task's latest change. Numbers grow over all tasks; those that changed in one commit may share one. */
  changed: number;
  /** Time of the request to cancel the running task; it stays when the task has ended. */
  cancelRequestedAt: number | null;
  /** Time from which a pending task may be taken. */
  dueAt: number;
  deadlineAt: number;
  finishedAt: number | null;
  /** 0 to 1. */
  progress: number;
  /** Attempts that count against `max_tries`. A retry after a delay that the upstream asked for does not. */
  triesUsed: number;
  /** Set when `state` is `succeeded`. */
  result: TaskResult | null;
  /** Set when `state` is `error`. */
  failure: TaskFailure | null;
  attempts: Attempt[];
  money: TaskMoney;
}
