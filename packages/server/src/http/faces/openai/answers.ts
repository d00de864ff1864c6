// Bodies of OpenAI's face, as the library's types have them (npm openai 7.59.0, resources/images.d.ts and models.d.ts).

export interface OpenAiImages {
  /** Unix seconds. */
  created: number;
  data: {
    /** Picture in base64. */
    b64_json?: string;
    /** Signed link, where response_format is url. */
    url?: string;
  }[];
  /** Format of the first picture, by its bytes. */
  output_format?: string;
  /** Width and height of the first picture in pixels, such as 1024x1024. */
  size?: string;
  /** Tokens that the upstream counted; absent where it counts none. */
  usage?: OpenAiUsage;
}

export interface OpenAiUsage {
  input_tokens: number;
  input_tokens_details: { text_tokens: number; image_tokens: number };
  output_tokens: number;
  total_tokens: number;
}

export interface OpenAiFile {
  id: string;
  object: 'file';
  bytes: number;
  /** Unix seconds. */
  created_at: number;
  /** Unix seconds. */
  expires_at?: number;
  filename: string;
  purpose: 'batch' | 'batch_output' | 'vision';
  status: 'processed';
}

export interface OpenAiFiles extends OpenAiPage {
  data: OpenAiFile[];
}

export interface OpenAiDeleted {
  id: string;
  object: 'file';
  deleted: boolean;
}

export interface OpenAiPage {
  object: 'list';
  /** Ids of the first and the last of the page; `null` where it is empty. The last goes into `after` for the next page. */
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

/** A batch, as the library's types have it (npm openai 7.59.0, resources/batches.d.ts). Times are Unix seconds. */
export interface OpenAiBatch {
  id: string;
  object: 'batch';
  endpoint: string;
  /** Set where the input file has faults. */
  errors: { object: 'list'; data: OpenAiBatchError[] } | null;
  input_file_id: string;
  completion_window: string;
  status: 'validating' | 'failed' | 'in_progress' | 'completed' | 'expired' | 'cancelling' | 'cancelled';
  /** Set when the batch has ended and a request succeeded. */
  output_file_id: string | null;
  /** Set when the batch has ended and a request did not succeed. */
  error_file_id: string | null;
  created_at: number;
  in_progress_at: number | null;
  /** Time by which every request has ended. */
  expires_at: number;
  finalizing_at: number | null;
  completed_at: number | null;
  failed_at: number | null;
  expired_at: number | null;
  cancelling_at: number | null;
  cancelled_at: number | null;
  request_counts: { total: number; completed: number; failed: number };
  metadata: Record<string, string> | null;
}

export interface OpenAiBatchError {
  code: string;
  message: string;
  /** Line of the input file, from 1; `null` for a fault of the whole. */
  line: number | null;
  /** Member of the line that is to blame. */
  param: string | null;
}

export interface OpenAiBatches extends OpenAiPage {
  data: OpenAiBatch[];
}
