// Bodies of fal's face, as its library's types have them (npm @fal-ai/client 1.10.1, types/common.d.ts and response.d.ts), and as fal
// documents them: https://fal.ai/docs/documentation/model-apis/errors and …/inference/webhooks.

export interface FalFault {
  /** Where the fault is: `body` or `query`, and the member behind it. */
  loc: (string | number)[];
  msg: string;
  type: string;
}

export interface FalError {
  /** Faults of what was sent, and reasons of a request that failed; a sentence for all else. */
  detail: string | FalFault[];
  /** Sentence of `detail`. The library takes the text of its error from here. */
  message: string;
  error_type: string;
  /** CANCELLED, of a request that was cancelled. */
  status?: string;
}

export interface FalLinks {
  request_id: string;
  response_url: string;
  status_url: string;
  cancel_url: string;
}

export interface FalSubmit extends FalLinks {
  status: 'IN_QUEUE';
  /** Requests that are ahead, where that is known. */
  queue_position: number;
}

export interface FalLog {
  message: string;
  level: 'INFO' | 'ERROR';
  source: 'USER';
  /** ISO 8601. */
  timestamp: string;
}

export interface FalStatus extends FalLinks {
  /** CANCELLED stands in the last event of a stream only. */
  status: 'IN_QUEUE' | 'IN_PROGRESS' | 'COMPLETED' | 'CANCELLED';
  /** Requests that are ahead, where that is known; of IN_QUEUE only. */
  queue_position?: number;
  /** Calls of upstreams, where logs=1 asks for them. */
  logs: FalLog[];
  metrics?: {
    /** Seconds of the last call of an upstream. */
    inference_time: number | null;
  };
  /** Reason why it failed, which the result answers with. */
  error?: string;
  error_type?: string;
}

export interface FalCancel {
  status: 'CANCELLATION_REQUESTED' | 'ALREADY_COMPLETED' | 'NOT_FOUND';
}

export interface FalFile {
  /** Signed link, or a data: URI where sync_mode asked for one. */
  url: string;
  content_type: string;
  file_name: string;
  /** Bytes; null for a picture that is converted when its link is followed. */
  file_size: number | null;
  /** Pixels. */
  width: number;
  height: number;
}

export interface FalOutput {
  images: FalFile[];
  /** The model's words. */
  description: string;
}

export interface FalUpload {
  /** Where the picture is PUT, without a key, within a quarter of an hour. */
  upload_url: string;
  /** Link to the picture, once it is there. */
  file_url: string;
}

export interface FalKeys {
  keys: {
    kty: 'OKP';
    crv: 'Ed25519';
    /** Public key in base64url. */
    x: string;
    kid: string;
    use: 'sig';
    alg: 'EdDSA';
  }[];
}
