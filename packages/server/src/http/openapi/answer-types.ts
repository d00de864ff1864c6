// Types of all answers, by the names of their schemas in the document; `scripts/wire-schemas.ts` makes the schemas of them, with the
// words of their comments as descriptions. Most are the client's own types; the rest is read by other programs than it.

import type {
  AdminUsageData,
  AuditData,
  BatchCancelData,
  BatchData,
  BatchStatusData,
  DeletedTask,
  BudgetThresholdData,
  ErrorEnvelope,
  FileData,
  KeyData,
  KeyExpiringData,
  KeysData,
  MeData,
  ModelsData,
  NewKeyData,
  NewWebhookData,
  OperatorCancelData,
  OperatorTaskData,
  OperatorTasksData,
  OverviewData,
  OwnerData,
  OwnersData,
  RetriedTask,
  RotatedSecretData,
  SessionData,
  SessionsData,
  SessionsDeletedData,
  SettingsData,
  SubmitData,
  TaskData,
  TaskDeletionData,
  TaskListData,
  TaskRequestData,
  TasksData,
  UpstreamsData,
  UsageData,
  WebhookData,
  WebhookDeliveriesData,
  WebhookDeliveryData,
  WebhookEventType,
  WebhookSecret,
} from '@plantain/client';
import type { V1Error, V1Submit, V1Task } from '../faces/v1/answers.ts';
import type * as gemini from '../faces/gemini/answers.ts';
import type {
  FalCancel,
  FalError,
  FalKeys,
  FalOutput,
  FalStatus,
  FalSubmit,
  FalUpload,
} from '../faces/fal/answers.ts';
import type { ChatCompletion } from '../faces/chat/answers.ts';
import type { GeminiBatch, GeminiBatches } from '../faces/gemini/batches/answers.ts';
import type { Interaction, InteractionError } from '../faces/gemini/interactions/answers.ts';
import type {
  ReplicateError,
  ReplicateFile,
  ReplicateFiles,
  ReplicatePrediction,
  ReplicatePredictions,
  ReplicateSecret,
} from '../faces/replicate/answers.ts';
import type { OpenAiModel, OpenAiModels } from '../faces/kit/model-calls.ts';
import type { OpenAiError } from '../faces/kit/openai-error.ts';
import type {
  OpenAiBatch,
  OpenAiBatches,
  OpenAiDeleted,
  OpenAiFile,
  OpenAiFiles,
  OpenAiImages,
} from '../faces/openai/answers.ts';
import type {
  ApimartSubmit,
  ApimartTask,
  DialectError,
  DialectUpload,
  EvolinkTask,
  Sub2apiError,
  Sub2apiSubmit,
  Sub2apiTask,
} from '../faces/v1/dialect-answers.ts';

/** The `data` members of answers. Their schemas are called `…Data`, and with the envelope around them `…Envelope`. */
export interface AnswerData {
  Task: TaskData;
  Submit: SubmitData;
  Retry: RetriedTask;
  TaskRequest: TaskRequestData;
  TaskDeleted: DeletedTask;
  TaskList: TaskListData;
  Tasks: TasksData;
  Batch: BatchData;
  BatchStatus: BatchStatusData;
  BatchCancel: BatchCancelData;
  File: FileData;
  FileList: FileListData;
  FileDeleted: { file_id: string; deleted: true };
  Webhook: WebhookData;
  NewWebhook: NewWebhookData;
  WebhookList: { webhooks: WebhookData[] };
  WebhookDeleted: { webhook_id: string; deleted: true };
  WebhookSecret: { secret: WebhookSecret };
  RotatedSecret: RotatedSecretData;
  Delivery: WebhookDeliveryData;
  DeliveryList: WebhookDeliveriesData;
  Replay: ReplayData;
  Models: ModelsData;
  Home: HomeData;
  Me: MeData;
  Session: SessionData;
  Sessions: SessionsData;
  SessionDeleted: { session_id: string; deleted: true };
  SessionsDeleted: SessionsDeletedData;
  Owner: OwnerData;
  Owners: OwnersData;
  OwnerDeleted: { owner_id: string; deleted: true };
  Key: KeyData;
  Keys: KeysData;
  NewKey: NewKeyData;
  Overview: OverviewData;
  Settings: SettingsData;
  Upstreams: UpstreamsData;
  Audit: AuditData;
  OperatorTask: OperatorTaskData;
  OperatorTasks: OperatorTasksData;
  OperatorCancel: OperatorCancelData;
  Usage: UsageData;
  AdminUsage: AdminUsageData;
}
export type AnswerName = keyof AnswerData;

/** Bodies without an envelope that is made elsewhere. */
export interface BareBodies {
  TaskEvent: EventMessage<WebhookEventType, TaskData>;
  TestMessage: EventMessage<'webhook.test', { webhook_id: string }>;
  TaskDeletedMessage: EventMessage<'task.deleted', TaskDeletionData>;
  BudgetThresholdMessage: EventMessage<'budget.threshold', BudgetThresholdData>;
  KeyExpiringMessage: EventMessage<'key.expiring', KeyExpiringData>;
  V1Submit: V1Submit;
  V1Task: V1Task;
  V1Error: V1Error;
  ApimartSubmit: ApimartSubmit;
  ApimartTask: ApimartTask;
  EvolinkTask: EvolinkTask;
  Sub2apiSubmit: Sub2apiSubmit;
  Sub2apiTask: Sub2apiTask;
  DialectUpload: DialectUpload;
  DialectError: DialectError;
  Sub2apiError: Sub2apiError;
  ReplicateError: ReplicateError;
  ReplicateFile: ReplicateFile;
  ReplicateFiles: ReplicateFiles;
  ReplicatePrediction: ReplicatePrediction;
  ReplicatePredictions: ReplicatePredictions;
  ReplicateSecret: ReplicateSecret;
  OpenAiError: OpenAiError;
  OpenAiImages: OpenAiImages;
  OpenAiModel: OpenAiModel;
  OpenAiModels: OpenAiModels;
  OpenAiFile: OpenAiFile;
  OpenAiFiles: OpenAiFiles;
  OpenAiDeleted: OpenAiDeleted;
  OpenAiBatch: OpenAiBatch;
  OpenAiBatches: OpenAiBatches;
  GeminiError: gemini.GeminiError;
  GeminiContents: gemini.GeminiContents;
  GeminiModel: gemini.GeminiModel;
  GeminiModels: gemini.GeminiModels;
  FalCancel: FalCancel;
  FalError: FalError;
  FalKeys: FalKeys;
  FalOutput: FalOutput;
  FalStatus: FalStatus;
  FalSubmit: FalSubmit;
  FalUpload: FalUpload;
  GeminiFile: gemini.GeminiFile;
  GeminiFiles: gemini.GeminiFiles;
  GeminiUploaded: gemini.GeminiUploaded;
  GeminiBatch: GeminiBatch;
  GeminiBatches: GeminiBatches;
  Interaction: Interaction;
  InteractionError: InteractionError;
  ChatCompletion: ChatCompletion;
  Health: { status: 'alive' };
  Readiness: Readiness;
  ErrorEnvelope: ErrorEnvelope;
}

interface FileListData {
  /** Newest first, 1,000 at most. */
  files: FileData[];
}

interface ReplayData {
  /** Number of deliveries that are sent again. */
  replayed: number;
}

interface HomeData {
  name: string;
  version: string;
  /** The path of this reference as a page. */
  docs: string;
  /** The path of this reference as an OpenAPI document. */
  openapi: string;
}

interface Readiness {
  status: 'ready' | 'not ready';
  /** The reasons in one text. */
  message?: string;
  /** Reasons why the server takes no tasks, a sentence each. */
  reasons?: string[];
}

/** The body of a webhook. */
interface EventMessage<Type, Data> {
  type: Type;
  /** When it happened, in ISO 8601. */
  timestamp: string;
  code: 200;
  msg: 'success';
  data: Data;
  exec_time: number;
  ip: string;
}
