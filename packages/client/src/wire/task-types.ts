// The wire types of the nano-banana task API: what a program sends, and what it reads.
// Members marked "Plantain" are additions of this server; every other member is the API's own.

import type { Envelope, UnixSeconds } from './envelope-types.ts';
import type { ResultDetails } from './picture-types.ts';

/** The four states of a task. Nothing else is ever sent. */
export type TaskState = 'pending' | 'running' | 'succeeded' | 'error';

/** The state as a digit, for older clients: 0 pending, 1 running, 3 succeeded, 2 error. */
export type TaskStatusCode = '0' | '1' | '2' | '3';

export type TaskAction = 'generate' | 'edit';

/** Reason why a task ended in the state `error`, from a closed list. */
export type TaskErrorType =
  | 'content_rejected'
  | 'no_image'
  | 'upstream_rate_limited'
  | 'upstream_quota'
  | 'upstream_billing'
  | 'upstream_auth'
  | 'upstream_unavailable'
  | 'upstream_bad_request'
  | 'input_unreachable'
  | 'deadline_exceeded'
  | 'cancelled'
  | 'internal';

export interface TaskImage {
  /** A link that works without a key until it expires. */
  url: string;
  file_name: string;
}

/** One call to an upstream (Plantain). */
export interface TaskAttempt {
  number: number;
  /** Its name in the settings. */
  upstream: string;
  upstream_model: string;
  start_time: UnixSeconds;
  /** Unix seconds, as a decimal string; absent while the call is open. */
  end_time?: UnixSeconds;
  /**
   * Absent while the call is open. `unknown`: the call broke off after it had left, or the server died during it, so what became of it
   * can't be known. `interrupted`: the server stopped and handed the task back.
   */
  outcome?: 'succeeded' | 'failed' | 'unknown' | 'interrupted';
  error?: TaskFailureData;
  /** Numbers of the pictures that it was for, from 1; absent in a task for one. */
  pictures?: number[];
  /** True where the upstream may charge although it gave no picture. */
  maybe_billed?: boolean;
  /** Tokens, as the upstream counted them. */
  usage?: Record<string, number>;
  /**
   * The price of this call, in millionths of a US dollar, by the server's price table; absent where it is not known, and where the task has a
   * selling price.
   */
  cost_micro_usd?: number;
}

/** The failure of a task, or of one call to an upstream (Plantain). */
export interface TaskFailureData {
  type: TaskErrorType;
  /** A sentence for people. */
  message: string;
  /** The upstream's own code or word for it. */
  upstream_reason?: string;
}

/** Reason for which a pending task waits (Plantain). */
export interface TaskWaiting {
  /**
   * `retry`: an attempt failed and the next one comes later. `limit`: as many tasks of its key or owner run as may. `busy`: every place at
   * its upstreams is taken. `rate_limited`, `quota`: a limit of theirs is used up. `circuit_open`: its upstreams failed and are left alone
   * for a while.
   */
  reason: 'retry' | 'limit' | 'busy' | 'rate_limited' | 'quota' | 'circuit_open';
  /** A sentence for people. */
  message: string;
  /** Unix seconds, as a decimal string: not before then; absent where it may be at any time. */
  until?: UnixSeconds;
}

/** Cost of a task to its owner, in millionths of a US dollar (Plantain). */
export interface TaskCost {
  /** Expected at the submit; `null` where no price was known. */
  estimated_micro_usd: number | null;
  /** Held for the task now. */
  reserved_micro_usd: number;
  /** Sum that it came to; `null` until that is known. */
  charged_micro_usd: number | null;
}

/** A task, in every state. Members behind `action` are additions of Plantain to the API. */
export interface TaskData {
  task_id: string;
  state: TaskState;
  data: {
    /** Empty until the task succeeded. */
    images: TaskImage[];
    /** Text that the model gave with the picture, else empty. */
    description: string;
  };
  create_time: UnixSeconds;
  update_time: UnixSeconds;
  /** Empty, or why the task failed. */
  msg: string;
  status: TaskStatusCode;
  action: TaskAction;
  /** The model's canonical name (Plantain). */
  model: string;
  progress: Progress;
  /** Calls to upstreams so far, oldest first (Plantain). */
  attempts: TaskAttempt[];
  /** Present when `state` is `error` (Plantain). */
  error?: TaskFailureData & {
    /** Whether the same task might succeed if it were tried again. */
    retryable: boolean;
  };
  /** How many pictures it is for; absent in a task for one (Plantain). */
  count?: number;
  /** Sentences on what was ignored or changed, and on pictures that could not be made; absent when there is nothing to say (Plantain). */
  warnings?: string[];
  /** Present when `state` is `succeeded`: one for each of `data.images` (Plantain). */
  image_details?: ResultDetails[];
  /** Present while the task is pending and something is known to hold it back (Plantain). */
  waiting?: TaskWaiting;
  /** Of a pending task, if known: 1 is the next of its model's pending tasks (Plantain). */
  queue_position?: number;
  /**
   * Unix seconds, as a decimal string: when a pending task may start, by how long the latest tasks of its model took; absent
   * where too few are known (Plantain).
   */
  estimated_start?: UnixSeconds;
  /**
   * Unix seconds, as a decimal string: when a pending or running task may have ended; absent of one that takes longer than most
   * (Plantain).
   */
  estimated_finish?: UnixSeconds;
  /** Seconds until it is worth while to ask again, as in `Retry-After`; absent where nobody knows (Plantain). */
  poll_after_seconds?: number;
  /**
   * Tokens, as the upstream counted them: `input_tokens` (of them `input_image_tokens`), `output_tokens` (of them
   * `output_image_tokens`), `total_tokens` (Plantain).
   */
  usage?: Record<string, number>;
  /**
   * The sum over the attempts whose cost is known, in millionths of a US dollar; absent where it is not known. An attempt that may
   * have been billed and has no cost of its own is not in it, and it is absent where the task has a selling price (Plantain).
   */
  cost_micro_usd?: number;
  /** Cost to the task's owner; absent in answers of older servers (Plantain). */
  cost?: TaskCost;
  /** Unix seconds, as a decimal string: when the links in `data.images` stop working (Plantain). */
  expires_at?: UnixSeconds;
  /** The batch that the task was submitted with (Plantain). */
  batch_id?: string;
  /** Texts that the submit said it should be kept with (Plantain). */
  metadata?: Record<string, string>;
  /** The failed task that this one was made from (Plantain). */
  retry_of?: string;
  /** Present while a running task is to be cancelled and has not ended yet (Plantain). */
  cancel_requested?: true;
  /** The first 200 characters of what was asked for, in lists that include it; empty where it was deleted (Plantain). */
  prompt?: string;
}

/**
 * 0 to 1, with four decimals at most (Plantain).
 * @minimum 0
 * @maximum 1
 */
export type Progress = number;

/** The answer of the status query. */
export type TaskEnvelope = Envelope<TaskData>;

/** An accepted submit. */
export interface SubmitData {
  task_id: string;
  /** A link to the task's events that works without a key until it expires (Plantain). */
  events_url?: string;
  /** Sentences on what was ignored or changed; absent when nothing was (Plantain). */
  warnings?: string[];
}

/** The answer of a submit with `?dry_run=true`, of which nothing is stored (Plantain). */
export interface DryRunData extends Pick<
  TaskData,
  'waiting' | 'queue_position' | 'estimated_start' | 'estimated_finish' | 'warnings'
> {
  dry_run: true;
  /** How many tasks were asked for; what is said of waiting is said of the first. */
  tasks: number;
  /** `null` where the price of one is not known. */
  cost: Pick<TaskCost, 'estimated_micro_usd'>;
}

export type SubmitEnvelope = Envelope<SubmitData>;

/** The body of `POST /api/gemini/nano-banana` and, with `image_urls` required, of `POST /api/gemini/nano-banana-edit`. */
export interface SubmitBody {
  prompt: string;
  model?: string;
  /** http(s) links or `data:` URIs. */
  image_urls?: string[];
  /** `auto`, or a ratio of the model's list such as `16:9`. */
  aspect_ratio?: string;
  /** `1K`, `2K` or `4K`. */
  image_size?: string;
  seed?: number;
  /** How many pictures the task makes, 1 to 10; 1 where it is left out. With a seed, each has the next one (Plantain). */
  count?: number;
  /**
   * A link or `data:` URI of a picture whose transparent parts are where the first of `image_urls` is to change; only for models with
   * `takes_mask` (Plantain).
   */
  mask?: string;
  /** `auto`, or as much effort as the model can be told: `low`, `medium`, `high`, `xhigh` or `max` (Plantain). */
  quality?: 'auto' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';
  /** `auto`, `opaque` or `transparent` (Plantain). */
  background?: 'auto' | 'opaque' | 'transparent';
  /** `auto`, or `low` for less strict rules of the model's own (Plantain). */
  moderation?: 'auto' | 'low';
  /** Accepted and without effect. */
  oversea?: boolean;
  /** Place among the waiting tasks of the same owner: those of a higher priority are taken first; 0 without a right to more (Plantain). */
  priority?: number;
  /** How long the task may take before it ends with `deadline_exceeded` (Plantain). */
  deadline_seconds?: number;
  /** How long the pictures are kept, and their links work, from the end of the task (Plantain). */
  expires_in_seconds?: number;
  /**
   * Kept with the task, shown with it, and searched for in lists: up to 50 members, names of 1 to 64 letters, digits, `_`, `-` or
   * `.`, values of up to 512 characters (Plantain).
   */
  metadata?: Record<string, string>;
  /** Where webhooks of this task go, beside the endpoints of its key (Plantain). */
  callback_url?: string;
  /** Events that go there; without it, the ends of the task (Plantain). */
  callback_events?: WebhookEventType[];
}

/** The request that a task was made from, in the members of a submit (Plantain). */
export interface TaskRequestData extends Omit<SubmitBody, 'oversea' | 'priority'> {
  task_id: string;
  action: TaskAction;
  /** Empty where it was deleted. */
  prompt: string;
  /** Present where the prompt has had its time and was deleted. */
  prompt_deleted?: true;
  /** The model's canonical name. */
  model: string;
  /** As they were sent, but for pictures that the server keeps: links that work for at least an hour, while it does. */
  image_urls: string[];
  aspect_ratio: string;
  image_size: string;
  deadline_seconds: number;
}

/** Changes of a task that webhooks tell (Plantain). */
export type WebhookEventType = 'task.running' | 'task.succeeded' | 'task.failed' | 'task.cancelled';

/** A page of one's tasks, newest first. One that filters may be empty and yet not be the last (Plantain). */
export interface TaskListData {
  tasks: TaskData[];
  /** For the next page; `null` on the last. */
  next_cursor: string | null;
}

/** The tasks of `?ids=` (Plantain). */
export interface TasksData {
  /** In the order in which they were asked for. */
  tasks: TaskData[];
  /** The ids of which this key has no task. */
  unknown: string[];
}
