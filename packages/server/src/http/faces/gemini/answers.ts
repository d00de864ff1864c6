// Bodies of Gemini's face, as its clients read them (npm @google/genai 3.3.0, dist/node/node.d.ts; @ai-sdk/google 4.0.121, src).

/** Error in Google's form: https://cloud.google.com/apis/design/errors */
export interface GeminiError {
  error: {
    /** The HTTP status. */
    code: number;
    message: string;
    /** Name of google.rpc.Code, such as INVALID_ARGUMENT. */
    status: string;
    /** ErrorInfo, with BadRequest, QuotaFailure and RetryInfo where they say something. */
    details: GeminiDetail[];
  };
}

export interface GeminiDetail {
  '@type': string;
  [member: string]: unknown;
}

/** Answer to generateContent, and each event of a stream. */
export interface GeminiContents {
  /** One for each picture, where candidateCount asked for several. Absent where the prompt was blocked. */
  candidates?: GeminiCandidate[];
  /** Present where the prompt was blocked. */
  promptFeedback?: { blockReason: string; blockReasonMessage?: string };
  /** Tokens that the upstream counted; absent where it counts none. */
  usageMetadata?: GeminiUsage;
  /** Model that the task was for, by the name that it has here. */
  modelVersion: string;
  /** Id of the task. */
  responseId: string;
}

export interface GeminiCandidate {
  /** Absent where there is no picture. */
  content?: { role: 'model'; parts: GeminiPart[] };
  /** STOP, or why there is no picture. */
  finishReason: string;
  /** Sentence on why there is no picture. */
  finishMessage?: string;
  index: number;
}

export interface GeminiPart {
  text?: string;
  /** Picture in base64. */
  inlineData?: { mimeType: string; data: string };
  /** Signed link to the picture, where delivery is uri. */
  fileData?: { mimeType: string; fileUri: string };
}

export interface GeminiUsage {
  promptTokenCount: number;
  candidatesTokenCount: number;
  totalTokenCount: number;
  promptTokensDetails: GeminiTokens[];
  candidatesTokensDetails: GeminiTokens[];
}

export interface GeminiTokens {
  modality: 'TEXT' | 'IMAGE';
  tokenCount: number;
}

export interface GeminiModel {
  /** `models/` and a name. */
  name: string;
  displayName: string;
  description: string;
  version: string;
  supportedGenerationMethods: string[];
}

export interface GeminiModels {
  models: GeminiModel[];
  /** Token of the next page; absent at the end. */
  nextPageToken?: string;
}

export interface GeminiFile {
  /** `files/` and the id. */
  name: string;
  mimeType: string;
  /** A number as a text. */
  sizeBytes: string;
  /** RFC 3339. */
  createTime: string;
  updateTime: string;
  expirationTime: string;
  /** In base64. */
  sha256Hash: string;
  /** Address for `fileData.fileUri`, which is read with the key alone. */
  uri: string;
  state: 'ACTIVE';
  source: 'UPLOADED';
}

export interface GeminiUploaded {
  file: GeminiFile;
}

export interface GeminiFiles {
  files: GeminiFile[];
  /** Token of the next page; absent at the end. */
  nextPageToken?: string;
}
