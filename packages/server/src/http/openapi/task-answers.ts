// What the calls around tasks answer, as schemas. A test holds them equal to the wire types of the client, and real answers against
// them; nothing is validated by them while the server runs.

import * as z from 'zod';
import { taskErrorTypes } from '../../core/errors.ts';
import { webhookEvents } from '../../core/webhooks/webhook.ts';

/** A moment on the wire. */
export const unixSeconds = z
  .string()
  .describe('Unix seconds, as a decimal string')
  .meta({ pattern: '^\\d{10,}$' });
export const warnings = z.exactOptional(
  z.array(z.string()).describe('What was ignored or changed, a sentence each; absent when nothing was'),
);
const usage = z.exactOptional(
  z.record(z.string(), z.number()).describe('Tokens, as the upstream counted them'),
);
const cost = (of: string) =>
  z.exactOptional(z.number().describe(`${of}, in millionths of a US dollar; absent where it is not known`));
const fraction = z.number().describe('0 to 1, with four decimals at most').meta({ minimum: 0, maximum: 1 });

const action = z.enum(['generate', 'edit']);
const state = z.enum(['pending', 'running', 'succeeded', 'error']);
const taskErrorType = z.enum(taskErrorTypes);
const failure = {
  type: taskErrorType,
  message: z.string().describe('A sentence for people'),
  upstream_reason: z.exactOptional(z.string().describe('The upstream’s own code or word for it')),
};

const attempt = z
  .object({
    number: z.number(),
    upstream: z.string().describe('Its name in the settings'),
    upstream_model: z.string(),
    start_time: unixSeconds,
    end_time: z.exactOptional(unixSeconds),
    outcome: z.exactOptional(
      z
        .enum(['succeeded', 'failed', 'unknown', 'interrupted'])
        .describe(
          'Absent while the call is open. unknown: the call broke off after it had left, so what became of it can’t be known. interrupted: the server stopped and handed the task back',
        ),
    ),
    error: z.exactOptional(z.object(failure)),
    maybe_billed: z.exactOptional(
      z.boolean().describe('True where the upstream may charge although it gave no picture'),
    ),
    usage,
    cost_micro_usd: cost('The price of this call'),
  })
  .describe('One call to an upstream');

const waiting = z
  .object({
    reason: z
      .enum(['retry', 'busy', 'rate_limited', 'quota', 'circuit_open'])
      .describe(
        'retry: an attempt failed and the next one comes later. busy: every place at its upstreams is taken. rate_limited, quota: a limit is used up. circuit_open: its upstreams failed and are left alone for a while',
      ),
    message: z.string().describe('A sentence for people'),
    until: z.exactOptional(unixSeconds),
  })
  .describe('Present while the task is pending and something is known to hold it back');

const imageDetails = z.object({
  width: z.number(),
  height: z.number(),
  content_type: z.string(),
  bytes: z.number(),
  sha256: z.string().describe('Hex SHA-256 of the picture’s bytes'),
});

const image = z.object({
  url: z.string().describe('A link that works without a key until it expires'),
  file_name: z.string(),
});

/** What else is known of a task (Plantain). */
const additions = {
  model: z.string().describe('The model’s canonical name'),
  progress: fraction,
  attempts: z.array(attempt).describe('What happened so far, oldest first'),
  error: z.exactOptional(
    z
      .object({
        ...failure,
        retryable: z.boolean().describe('Whether the same task might succeed if it were tried again'),
      })
      .describe('Present when state is error'),
  ),
  warnings,
  image_details: z.exactOptional(
    z.array(imageDetails).describe('Present when state is succeeded: one for each of data.images'),
  ),
  waiting: z.exactOptional(waiting),
  queue_position: z.exactOptional(
    z.number().describe('Of a pending task, if known: 1 is the next of its model’s pending tasks'),
  ),
  estimated_start: z.exactOptional(unixSeconds),
  estimated_finish: z.exactOptional(unixSeconds),
  poll_after_seconds: z.exactOptional(
    z.number().describe('Seconds until it is worth while to ask again, as in Retry-After'),
  ),
  usage,
  cost_micro_usd: cost('The sum over the attempts whose cost is known'),
  expires_at: z.exactOptional(unixSeconds),
  batch_id: z.exactOptional(z.string()),
  metadata: z.exactOptional(
    z.record(z.string(), z.string()).describe('What the submit said it should be kept with'),
  ),
  retry_of: z.exactOptional(z.string().describe('The failed task that this one was made from')),
  cancel_requested: z.exactOptional(
    z.literal(true).describe('Present while a running task is to be cancelled and has not ended yet'),
  ),
  prompt: z.exactOptional(
    z.string().describe('The first 200 characters of what was asked for, in lists that include it'),
  ),
};

export const taskData = z
  .object({
    task_id: z.string(),
    state,
    data: z.object({
      images: z.array(image).describe('Empty until the task succeeded'),
      description: z.string().describe('Text that the model gave with the picture, else empty'),
    }),
    create_time: unixSeconds,
    update_time: unixSeconds,
    msg: z.string().describe('Empty, or why the task failed'),
    status: z
      .enum(['0', '1', '2', '3'])
      .describe('The state as a digit: 0 pending, 1 running, 3 succeeded, 2 error'),
    action,
    ...additions,
  })
  .describe('A task. What stands behind action is an addition of Plantain to the API');

export const submitData = z.object({
  task_id: z.string(),
  events_url: z.exactOptional(
    z.string().describe('A link to the task’s events that works without a key until it expires'),
  ),
  warnings,
});

export const retryData = z.object({
  task_id: z.string().describe('The new task'),
  retry_of: z.string().describe('The failed one'),
});

export const taskRequestData = z
  .object({
    task_id: z.string(),
    action,
    prompt: z.string(),
    model: z.string().describe('The model’s canonical name'),
    image_urls: z
      .array(z.string())
      .describe(
        'As they were sent, but for pictures that the server keeps: links that work for at least an hour, while it does',
      ),
    aspect_ratio: z.string(),
    image_size: z.string(),
    deadline_seconds: z.number(),
    seed: z.exactOptional(z.number()),
    expires_in_seconds: z.exactOptional(z.number()),
    metadata: z.exactOptional(z.record(z.string(), z.string())),
    callback_url: z.exactOptional(z.string()),
    callback_events: z.exactOptional(z.array(z.enum(webhookEvents))),
  })
  .describe('What a task was asked for, in the members of a submit');

export const taskDeletedData = z.object({ task_id: z.string(), deleted: z.literal(true) });

export const taskListData = z
  .object({
    tasks: z.array(taskData),
    next_cursor: z.string().nullable().describe('For the next page; null on the last'),
  })
  .describe('A page of one’s tasks, newest first. One that filters may be empty and yet not be the last');

export const tasksData = z
  .object({
    tasks: z.array(taskData).describe('In the order in which they were asked for'),
    unknown: z.array(z.string()).describe('The ids of which this key has no task'),
  })
  .describe('The tasks of ?ids=');

export const batchData = z.object({
  batch_id: z.string(),
  task_ids: z.array(z.string()).describe('In the order of the body’s tasks'),
  warnings,
});

export const batchStatusData = z.object({
  batch_id: z.string(),
  create_time: unixSeconds,
  total: z.number(),
  pending: z.number(),
  running: z.number(),
  succeeded: z.number(),
  error: z.number(),
  progress: fraction.describe(
    'The mean over its tasks, of which a final one counts 1, with four decimals at most',
  ),
  tasks: z.array(z.object({ task_id: z.string(), state })),
});

export const batchCancelData = z
  .object({
    batch_id: z.string(),
    cancelled: z.number(),
    cancel_requested: z.number(),
    already_final: z.number(),
  })
  .describe('How many tasks were in which state: ended at once, asked to end, or ended before');
