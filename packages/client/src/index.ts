// Exports of the package `@plantain/client`.

export type { Account, UsageQuery } from './account.ts';
export type { Admin, AuditFilter } from './admin.ts';
export { type ClientOptions, createClient, type PlantainClient } from './client.ts';
export * from './errors.ts';
export type { FileData, Files, FileSource, UploadOptions } from './files/files.ts';
export type { Events, EventsOptions } from './follow/events.ts';
export type { Wait, WaitOptions } from './follow/wait.ts';
export type { CallOptions } from './request/call-options.ts';
export type { Paged } from './request/pages.ts';
export type { Fetch } from './request/request.ts';
export type { Batches, BatchInput } from './tasks/batch.ts';
export type { SubmitOptions } from './tasks/idempotency.ts';
export type { PictureSource } from './tasks/inputs.ts';
export type { List, TaskFilter } from './tasks/list.ts';
export type {
  DeletedTask,
  EditInput,
  GenerateInput,
  GetManyOptions,
  PictureHolder,
  PictureOptions,
  RetriedTask,
  Tasks,
} from './tasks/tasks.ts';
export { verifyWebhook, type VerifyOptions, type WebhookHeaders } from './webhooks/verify-webhook.ts';
export type { DeliveryFilter, Webhooks } from './webhooks/webhooks.ts';
export type * from './wire/admin-types.ts';
export type * from './wire/audit-types.ts';
export type * from './wire/batch-types.ts';
export type * from './wire/envelope-types.ts';
export type * from './wire/key-types.ts';
export type * from './wire/operator-types.ts';
export type * from './wire/model-types.ts';
export type * from './wire/picture-types.ts';
export type * from './wire/session-types.ts';
export type * from './wire/task-types.ts';
export type * from './wire/usage-types.ts';
export type * from './wire/webhook-types.ts';
