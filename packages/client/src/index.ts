// Exports of the package `@plantain/client`.

export type { Account } from './account.ts';
export type { Admin } from './admin.ts';
export type * from './admin-types.ts';
export type { Batches, BatchInput } from './batch.ts';
export type * from './batch-types.ts';
export type { CallOptions } from './call-options.ts';
export { type ClientOptions, createClient, type PlantainClient } from './client.ts';
export type * from './envelope-types.ts';
export * from './errors.ts';
export type { Events, EventsOptions } from './events.ts';
export type { FileData, Files, FileSource, UploadOptions } from './files.ts';
export type { SubmitOptions } from './idempotency.ts';
export type { PictureSource } from './inputs.ts';
export type { List, Paged, TaskFilter } from './list.ts';
export type { Fetch } from './request.ts';
export type {
  DeletedTask,
  EditInput,
  GenerateInput,
  GetManyOptions,
  PictureHolder,
  PictureOptions,
  RetriedTask,
  Tasks,
} from './tasks.ts';
export type * from './types.ts';
export { verifyWebhook, type VerifyOptions, type WebhookHeaders } from './verify-webhook.ts';
export type { Wait, WaitOptions } from './wait.ts';
export type * from './webhook-types.ts';
export type { DeliveryFilter, Webhooks } from './webhooks.ts';
