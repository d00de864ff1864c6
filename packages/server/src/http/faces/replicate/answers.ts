// Bodies of Replicate's API: https://replicate.com/docs/reference/http and the types of npm replicate 1.4.0 (index.d.ts).

/** A prediction: a task. */
export interface ReplicatePrediction {
  id: string;
  /** The model's canonical name, with a vendor before it. */
  model: string;
  version: string;
  status: 'starting' | 'processing' | 'succeeded' | 'failed' | 'canceled';
  /** Members that were asked for, as this server read them; pictures are left out. */
  input: {
    prompt: string;
    aspect_ratio?: string;
    resolution?: string;
    num_outputs?: number;
    seed?: number;
    output_format?: string;
  };
  /** A link; a list of them where several pictures were asked for; `null` until it succeeded. */
  output: string | string[] | null;
  /** Reason why it failed. */
  error: string | null;
  /** Sentences on what was ignored or changed, a line each. */
  logs: string;
  /** True where the prompt has had its time and was deleted. */
  data_removed: boolean;
  source: 'api';
  /** In ISO 8601, as all times. */
  created_at: string;
  started_at?: string;
  completed_at?: string;
  metrics?: {
    /** Seconds from the first call to an upstream to the end. */
    predict_time: number;
    /** Seconds from the submit to the end. */
    total_time: number;
  };
  urls: { get: string; cancel: string };
}

/** A page of predictions, newest first. */
export interface ReplicatePredictions {
  /** Absent on purpose: pages are followed forward. */
  previous: null;
  /** Address of the next page. */
  next: string | null;
  results: ReplicatePrediction[];
}

/** A file that was uploaded to be used as an input. */
export interface ReplicateFile {
  id: string;
  name: string;
  content_type: string;
  /** In bytes. */
  size: number;
  etag: string;
  checksums: {
    /** Hex. */
    sha256: string;
  };
  /** Empty: none is kept. */
  metadata: Record<string, never>;
  created_at: string;
  expires_at: string;
  urls: {
    /** A link to the picture, which inputs take. */
    get: string;
  };
}

/** The files of the key, newest first. */
export interface ReplicateFiles {
  previous: null;
  next: null;
  results: ReplicateFile[];
}

/** The secret by which webhooks of the key's predictions are signed. */
export interface ReplicateSecret {
  key: string;
}

/** A refusal. */
export interface ReplicateError {
  title: string;
  detail: string;
  /** The HTTP status. */
  status: number;
  /** Every fault of the request, wherever members are to blame. */
  invalid_fields?: { type: string; field: string; description: string }[];
  /** Seconds after which to try again. */
  retry_after?: number;
}
