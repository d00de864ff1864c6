// Bodies of the batches of Gemini's face (npm @google/genai 3.3.0, dist/node/node.d.ts; @ai-sdk/google 4.0.121;
// https://ai.google.dev/api/batch-api).

import type { GeminiContents, GeminiDetail } from '../answers.ts';

/** A batch, as Google has it: an operation that takes long. */
export interface GeminiBatch {
  /** `batches/` and the id. */
  name: string;
  metadata: GeminiBatchMetadata;
  /** True once it has ended. */
  done?: boolean;
  /** Present where it has ended by itself. */
  response?: { '@type': string; responsesFile: string };
  /** Present where it failed, was cancelled, or came to its deadline. */
  error?: GeminiStatus;
}

export interface GeminiBatchMetadata {
  '@type': string;
  name: string;
  /** `models/` and the name that the client sent. */
  model: string;
  displayName?: string;
  /** RFC 3339. */
  createTime: string;
  updateTime: string;
  /** Absent until it has ended. */
  endTime?: string;
  state:
    | 'BATCH_STATE_PENDING'
    | 'BATCH_STATE_RUNNING'
    | 'BATCH_STATE_SUCCEEDED'
    | 'BATCH_STATE_FAILED'
    | 'BATCH_STATE_CANCELLED'
    | 'BATCH_STATE_EXPIRED';
  batchStats: GeminiBatchStats;
  /** Present once it has ended with tasks; not in lists where the responses stand inside of it. */
  output?: GeminiBatchOutput;
}

/** Numbers of requests, as texts. */
export interface GeminiBatchStats {
  requestCount: string;
  successfulRequestCount: string;
  failedRequestCount: string;
  pendingRequestCount: string;
}

/** One of both: a file, or the responses themselves. */
export interface GeminiBatchOutput {
  /** `files/` and the id. */
  responsesFile?: string;
  inlinedResponses?: { inlinedResponses: GeminiInlinedResponse[] };
}

/** Response or error of a request, in the order of the requests. */
export interface GeminiInlinedResponse {
  /** As the request had it. */
  metadata?: Record<string, unknown>;
  response?: GeminiContents;
  error?: GeminiStatus;
}

/** https://cloud.google.com/apis/design/errors */
export interface GeminiStatus {
  /** Number of google.rpc.Code. */
  code: number;
  message: string;
  /** Its name, such as CANCELLED. */
  status: string;
  details?: GeminiDetail[];
}

export interface GeminiBatches {
  operations: GeminiBatch[];
  /** Token of the next page; absent at the end. */
  nextPageToken?: string;
}
