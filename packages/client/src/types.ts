// The wire types of the nano-banana task API: what a program sends, and what it reads.
// Members marked "Plantain" are additions of this server; every other member is the API's own.

/** The four states of a task. Nothing else is ever sent. */
export type TaskState = 'pending' | 'running' | 'succeeded' | 'error';

/** The state again as the digit that older clients read: `"0"` pending, `"1"` running, `"3"` succeeded, `"2"` error. */
export type TaskStatusCode = '0' | '1' | '2' | '3';

export type TaskAction = 'generate' | 'edit';

/** Why a request was refused. The list is closed. */
export type RequestErrorType =
  | 'invalid_request'
  | 'unauthenticated'
  | 'budget_exhausted'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'unsupported_media'
  | 'input_unreachable'
  | 'rate_limited'
  | 'internal'
  | 'overloaded';

/** Why a task ended in the state `error`. The list is closed. */
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

/** One thing that is off in a request: where (`image_urls[1]`, `prompt`), and what to do about it. */
export interface Fault {
  path: string;
  message: string;
}

/** The `error` member of a refused request (Plantain). */
export interface RequestErrorBody {
  type: RequestErrorType;
  message: string;
  request_id: string;
  /** Every fault of the request at once; present on `invalid_request`, and wherever a single member is to blame. */
  details?: Fault[];
}

/** What every answer of this API is wrapped in. */
export interface Envelope<Data> {
  /** 200, or the HTTP status of the failure. */
  code: number;
  /** Exactly `success`, or a sentence that says what went wrong. */
  msg: string;
  data: Data;
  /** Seconds that the server spent on this request. */
  exec_time: number;
  /** The caller's address as the server sees it. */
  ip: string;
}

/** A refused request: the envelope with `data: null` and `error` beside it. */
export interface ErrorEnvelope extends Envelope<null> {
  /** The sentence of `msg` again (Plantain). */
  message: string;
  error: RequestErrorBody;
}

export interface TaskImage {
  /** A link that works without a key until it expires. */
  url: string;
  file_name: string;
}

/** Measures of one picture, in the order of `data.images` (Plantain). */
export interface ImageDetails {
  width: number;
  height: number;
  content_type: string;
  bytes: number;
  /** Hex SHA-256 of the picture's bytes. */
  sha256: string;
}

/** One call to an upstream (Plantain). */
export interface TaskAttempt {
  number: number;
  upstream: string;
  upstream_model: string;
  /** Unix seconds, as a decimal string. */
  start_time: string;
  /** Unix seconds, as a decimal string; absent while the call is open. */
  end_time?: string;
  /**
   * `unknown`: the call broke off after it had left, or the server died during it, so what became of it can't be known.
   * `interrupted`: the server stopped and handed the task back.
   */
  outcome?: 'succeeded' | 'failed' | 'unknown' | 'interrupted';
  error?: { type: TaskErrorType; message: string; upstream_reason?: string };
  /** True where the upstream may charge for the call although it gave no picture. */
  maybe_billed?: boolean;
  /** Tokens, as the upstream counted them. */
  usage?: Record<string, number>;
  /** Millionths of a US dollar, by the server's price table; absent where it is not known. */
  cost_micro_usd?: number;
}

/** Why a pending task waits (Plantain). */
export interface TaskWaiting {
  /**
   * `retry`: an attempt failed and the next one comes later. `busy`: every place at its upstreams is taken. `rate_limited`,
   * `quota`: a limit of the upstreams is used up. `circuit_open`: its upstreams failed and are left alone for a while.
   */
  reason: 'retry' | 'busy' | 'rate_limited' | 'quota' | 'circuit_open';
  /** A sentence for people. */
  message: string;
  /** Unix seconds, as a decimal string: not before then; absent where it may be at any time. */
  until?: string;
}

/** `data` of the status query, in every state. */
export interface TaskData {
  task_id: string;
  state: TaskState;
  data: {
    /** `[]` until the task succeeded. */
    images: TaskImage[];
    /** Text that the model gave with the picture, else `""`. */
    description: string;
  };
  /** Unix seconds, as a decimal string. */
  create_time: string;
  /** Unix seconds, as a decimal string. */
  update_time: string;
  /** `""`, or why the task failed. */
  msg: string;
  status: TaskStatusCode;
  action: TaskAction;
  /** The model's canonical name (Plantain). */
  model: string;
  /** 0 to 1 (Plantain). */
  progress: number;
  /** What happened so far, oldest first (Plantain). */
  attempts: TaskAttempt[];
  /** Present when `state` is `error` (Plantain). */
  error?: { type: TaskErrorType; message: string; retryable: boolean; upstream_reason?: string };
  /** What was asked for and could not be done as asked (Plantain). */
  warnings?: string[];
  /** Present when `state` is `succeeded`; one entry for each of `data.images` (Plantain). */
  image_details?: ImageDetails[];
  /** Present while the task is pending and something is known to hold it back (Plantain). */
  waiting?: TaskWaiting;
  /** Present while the task is pending, if known: 1 is the next of its model's pending tasks (Plantain). */
  queue_position?: number;
  /**
   * Unix seconds, as a decimal string: when a pending task may start, by how long the latest tasks of its model took; absent
   * where too few are known (Plantain).
   */
  estimated_start?: string;
  /** The same: when a pending or running task may have ended; absent of one that takes longer than most (Plantain). */
  estimated_finish?: string;
  /** Seconds until it is worth while to ask again, as in the header `Retry-After`; absent where nobody knows (Plantain). */
  poll_after_seconds?: number;
  /**
   * Tokens, as the upstream counted them: `input_tokens` (of them `input_image_tokens`), `output_tokens` (of them
   * `output_image_tokens`), `total_tokens` (Plantain).
   */
  usage?: Record<string, number>;
  /**
   * Millionths of a US dollar: the sum over the attempts whose cost is known. An attempt that may have been billed and has no
   * cost of its own is not in it (Plantain).
   */
  cost_micro_usd?: number;
  /** Unix seconds, as a decimal string: when the links in `data.images` stop working (Plantain). */
  expires_at?: string;
  /** The batch that the task was submitted with (Plantain). */
  batch_id?: string;
  /** What the submit said it should be kept with (Plantain). */
  metadata?: Record<string, string>;
  /** The failed task that this one was made from (Plantain). */
  retry_of?: string;
  /** Present while a running task is to be cancelled and has not ended yet (Plantain). */
  cancel_requested?: true;
  /** The first 200 characters of what was asked for; present in lists that include it (Plantain). */
  prompt?: string;
}

/** The answer of the status query. */
export type TaskEnvelope = Envelope<TaskData>;

/** `data` of an accepted submit. */
export interface SubmitData {
  task_id: string;
  /** A link to the task's events, `text/event-stream`, that works without a key until it expires (Plantain). */
  events_url?: string;
  /** What was ignored or changed, a sentence each; absent when nothing was (Plantain). */
  warnings?: string[];
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
  /** Accepted and without effect. */
  oversea?: boolean;
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
  /** Which of them; without it, the ends of the task (Plantain). */
  callback_events?: WebhookEventType[];
}

/** `data` of the call that tells what a task was asked for, in the members of a submit (Plantain). */
export interface TaskRequestData extends Omit<SubmitBody, 'oversea'> {
  task_id: string;
  action: TaskAction;
  /** The model's canonical name. */
  model: string;
  /** As they were sent, but for pictures that are kept by the server: links that work for at least an hour, while it keeps them. */
  image_urls: string[];
  aspect_ratio: string;
  image_size: string;
  deadline_seconds: number;
}

/** What webhooks tell of a task (Plantain). */
export type WebhookEventType = 'task.running' | 'task.succeeded' | 'task.failed' | 'task.cancelled';

/** `data` of a list of one's tasks, newest first (Plantain). */
export interface TaskListData {
  tasks: TaskData[];
  /** For the next page; `null` on the last. A page that filters may have few tasks, or none, and yet not be the last. */
  next_cursor: string | null;
}

/** `data` of a query of several tasks by their ids (Plantain). */
export interface TasksData {
  /** In the order in which they were asked for. */
  tasks: TaskData[];
  /** The ids of which this key has no task. */
  unknown: string[];
}

/** A model, as the routes of this server serve it (Plantain). */
export interface ModelData {
  name: string;
  /** Other names that are taken for it. */
  aliases: string[];
  /** What `aspect_ratio` may be besides `auto`. */
  aspect_ratios: string[];
  /** What `image_size` may be, smallest first. */
  image_sizes: string[];
  /** How many pictures it takes; 0 where it can't edit. */
  max_inputs: number;
  /** Whether a seed reaches it, whichever upstream serves the task. */
  takes_seed: boolean;
  /** The model that makes its pictures, where no upstream serves it. */
  stand_in?: string;
}

/** `data` of `GET /api/models` (Plantain). */
export interface ModelsData {
  models: ModelData[];
  /** The name of the model that serves requests which name none. */
  default_model: string;
}
