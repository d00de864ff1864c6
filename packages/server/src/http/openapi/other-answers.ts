// What the calls around uploaded files, webhooks and the older sibling family answer, as schemas; see task-answers.ts.

import * as z from 'zod';
import { taskErrorTypes } from '../../core/errors.ts';
import { testEvent, webhookEvents } from '../../core/webhooks/webhook.ts';
import { taskData, unixSeconds, warnings } from './task-answers.ts';

export const fileData = z
  .object({
    file_id: z.string(),
    file: z.string().describe('A link that works as an input, and without a key, until it expires'),
    file_name: z.string(),
    content_type: z.string(),
    width: z.number(),
    height: z.number(),
    bytes: z.number(),
    sha256: z.string(),
    create_time: unixSeconds,
    expires_at: unixSeconds,
  })
  .describe('An uploaded picture');

export const fileListData = z.object({ files: z.array(fileData).describe('Newest first, 1,000 at most') });
export const fileDeletedData = z.object({ file_id: z.string(), deleted: z.literal(true) });

const webhook = {
  webhook_id: z.string(),
  url: z.string(),
  events: z.array(z.enum(webhookEvents)),
  description: z.string(),
  enabled: z.boolean(),
  create_time: unixSeconds,
  failing_since: z.exactOptional(unixSeconds),
  disabled_at: z.exactOptional(unixSeconds),
  disabled_reason: z.exactOptional(z.string().describe('Why it is switched off, a sentence')),
};
const secret = z.string().describe('What deliveries are signed with: whsec_ and 32 bytes in base64');

export const webhookData = z.object(webhook).describe('An endpoint that is told of a key’s tasks');
export const newWebhookData = z.object({ ...webhook, secret });
export const webhookListData = z.object({ webhooks: z.array(webhookData) });
export const webhookDeletedData = z.object({ webhook_id: z.string(), deleted: z.literal(true) });
export const webhookSecretData = z.object({ secret });
export const rotatedSecretData = z.object({
  secret,
  previous_secret_expires_at: unixSeconds,
});

const delivery = {
  delivery_id: z.string().describe('Also the header webhook-id, however often it is sent'),
  type: z.enum([...webhookEvents, testEvent]),
  state: z.enum(['pending', 'delivered', 'failed']),
  url: z.string(),
  webhook_id: z.exactOptional(z.string().describe('Absent where the task’s own callback_url is told')),
  task_id: z.exactOptional(z.string().describe('Absent of a test')),
  create_time: unixSeconds,
  tries: z.number(),
  next_try_at: z.exactOptional(unixSeconds),
  finished_at: z.exactOptional(unixSeconds),
  reason: z.exactOptional(z.string().describe('Why it failed for good, a sentence')),
};
const deliveryAttempt = z.object({
  time: unixSeconds,
  duration_ms: z.number(),
  status: z.exactOptional(z.number().describe('Absent where there was no answer')),
  answer: z.exactOptional(z.string().describe('How the receiver’s answer begins')),
  error: z.exactOptional(z.string()),
});

export const deliveryData = z
  .object({
    ...delivery,
    attempts: z.exactOptional(
      z.array(deliveryAttempt).describe('Oldest first; present where one delivery is asked for'),
    ),
  })
  .describe('One message to one receiver');
export const deliveryListData = z.object({
  deliveries: z.array(deliveryData).describe('Newest first'),
  next_cursor: z.string().nullable().describe('For the next page; null on the last'),
});
export const replayData = z.object({ replayed: z.number().describe('How many are sent again') });

/** What a webhook's body has beside the members of an envelope. */
const head = {
  timestamp: z.string().describe('When it happened, in ISO 8601'),
  code: z.literal(200),
  msg: z.literal('success'),
  exec_time: z.number(),
  ip: z.string(),
};
export const taskEvent = z.object({ type: z.enum(webhookEvents), ...head, data: taskData });
export const testMessage = z.object({
  type: z.literal(testEvent),
  ...head,
  data: z.object({ webhook_id: z.string() }),
});

export const siblingSubmit = z.object({
  id: z.string(),
  task_id: z.string().describe('The id again, where clients of gateways look for it'),
  warnings,
});
export const siblingTask = z.object({
  id: z.string(),
  state: z.enum(['pending', 'running', 'succeeded', 'error']),
  progress: z.number().describe('0 to 100').meta({ minimum: 0, maximum: 100 }),
  create_time: z.number().describe('Unix seconds'),
  update_time: z.number().describe('Unix seconds'),
  action: z.enum(['generate', 'edit']),
  data: z.object({
    images: taskData.shape.data.shape.images,
    description: z
      .string()
      .describe('Text that the model gave with the picture, or why the task failed, else empty'),
  }),
  message: z.exactOptional(z.string().describe('Why the task failed')),
  error: z.exactOptional(
    z
      .object({
        code: z.number().describe('What a status would be, such as 400 for content_rejected'),
        message: z.string().describe('Why the task failed'),
        type: z.enum(taskErrorTypes),
      })
      .describe('Present when state is error'),
  ),
});

export const homeData = z.object({
  name: z.string(),
  version: z.string(),
  docs: z.string().describe('The path of this reference as a page'),
  openapi: z.string().describe('The path of this reference as an OpenAPI document'),
});

export const health = z.object({ status: z.literal('alive') });
export const readiness = z.object({
  status: z.enum(['ready', 'not ready']),
  message: z.exactOptional(z.string().describe('The reasons in one text')),
  reasons: z.exactOptional(z.array(z.string()).describe('Why it takes no tasks, a sentence each')),
});

export const modelsData = z.object({
  models: z.array(
    z.object({
      name: z.string(),
      aliases: z.array(z.string()).describe('Other names that are taken for it'),
      aspect_ratios: z.array(z.string()).describe('What aspect_ratio may be besides auto'),
      image_sizes: z.array(z.string()).describe('What image_size may be, smallest first'),
      max_inputs: z.number().describe('How many pictures it takes'),
      takes_seed: z.boolean().describe('Whether a seed reaches it, whichever upstream serves the task'),
      stand_in: z.exactOptional(
        z.string().describe('The model that makes its pictures, where no upstream serves it'),
      ),
    }),
  ),
  default_model: z.string().describe('Serves requests that name none'),
});
