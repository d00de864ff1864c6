// The schemas that have a name in the document: what each call answers, alone and in its envelope.

import * as z from 'zod';
import type { RequestErrorType } from '@plantain/client';
import { statusOf } from '../refusals/envelope.ts';
import * as admin from './admin-answers.ts';
import { type JsonSchema, toComponents } from './json-schema.ts';
import * as other from './other-answers.ts';
import * as tasks from './task-answers.ts';

/** The `data` members of answers. Their schemas are called `…Data`, and with the envelope around them `…Envelope`. */
export const answerData = {
  Task: tasks.taskData,
  Submit: tasks.submitData,
  Retry: tasks.retryData,
  TaskRequest: tasks.taskRequestData,
  TaskDeleted: tasks.taskDeletedData,
  TaskList: tasks.taskListData,
  Tasks: tasks.tasksData,
  Batch: tasks.batchData,
  BatchStatus: tasks.batchStatusData,
  BatchCancel: tasks.batchCancelData,
  File: other.fileData,
  FileList: other.fileListData,
  FileDeleted: other.fileDeletedData,
  Webhook: other.webhookData,
  NewWebhook: other.newWebhookData,
  WebhookList: other.webhookListData,
  WebhookDeleted: other.webhookDeletedData,
  WebhookSecret: other.webhookSecretData,
  RotatedSecret: other.rotatedSecretData,
  Delivery: other.deliveryData,
  DeliveryList: other.deliveryListData,
  Replay: other.replayData,
  Models: other.modelsData,
  Home: other.homeData,
  Me: admin.meData,
  Key: admin.keyData,
  Keys: admin.keysData,
  NewKey: admin.newKeyData,
  Overview: admin.overviewData,
  Settings: admin.settingsData,
  Upstreams: admin.upstreamsData,
};
export type AnswerName = keyof typeof answerData;

/** Bodies without an envelope. */
const bare = {
  TaskEvent: other.taskEvent,
  TestMessage: other.testMessage,
  SiblingSubmit: other.siblingSubmit,
  SiblingTask: other.siblingTask,
  Health: other.health,
  Readiness: other.readiness,
};
export type SchemaName = keyof typeof bare | `${AnswerName}Envelope` | 'ErrorEnvelope' | 'SiblingError';

const envelope = {
  exec_time: z.number().describe('Seconds that the server spent on this request').meta({ minimum: 0 }),
  ip: z.string().describe('The caller’s address as the server sees it'),
};

const fault = z.object({
  path: z.string().describe('Where, such as image_urls[1]'),
  message: z.string().describe('What is off, and what to do about it'),
});
const details = z.exactOptional(
  z.array(fault).describe('Every fault of the request, wherever members are to blame'),
);
const errorType = z
  .enum(Object.keys(statusOf) as RequestErrorType[])
  .describe('A closed list; budget_exhausted is kept for later versions');

const sentence = z.string().describe('What went wrong, a sentence');
const again = z.string().describe('The sentence again');

export const errorEnvelope = z.object({
  code: z.number().describe('The HTTP status'),
  msg: sentence,
  message: again,
  data: z.null(),
  ...envelope,
  error: z.object({ type: errorType, message: z.string(), request_id: z.string(), details }),
});
const siblingError = z.object({
  error: z.object({ code: z.number(), message: z.string(), type: errorType, details }),
  msg: sentence,
  message: again,
});

export function createComponents(): Record<string, JsonSchema> {
  const schemas: Record<string, z.ZodType> = {
    ...bare,
    ErrorEnvelope: errorEnvelope,
    SiblingError: siblingError,
  };
  for (const [name, data] of Object.entries(answerData)) {
    schemas[`${name}Data`] = data;
    schemas[`${name}Envelope`] = z.object({
      code: z.literal(200),
      msg: z.literal('success'),
      data,
      ...envelope,
    });
  }
  return toComponents(schemas);
}

export const reference = (name: SchemaName): JsonSchema => ({ $ref: `#/components/schemas/${name}` });
