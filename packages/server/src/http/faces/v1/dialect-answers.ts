// Bodies of the dialects of asynchronous pictures: as the vendors' pages describe them, https://docs.apimart.ai/en/api-reference/tasks/status,
// https://docs.evolink.ai/en/api-manual/task-management/get-task-detail, https://docs.toapis.com/docs/en/api-reference/tasks/image-status and
// docs/ASYNC_IMAGE_TASKS.md of Wei-Shaw/sub2api (read 2026-11-30).

/** Sentences on what was ignored or changed; absent when nothing was. */
interface Warned {
  warnings?: string[];
}

/** The answer to a submit of APIMart's face. */
export interface ApimartSubmit extends Warned {
  code: 200;
  /** The one task. */
  data: { status: 'submitted'; task_id: string }[];
}

/** A task of APIMart's face. */
export interface ApimartTask {
  code: 200;
  data: Warned & {
    id: string;
    status: 'pending' | 'processing' | 'completed' | 'failed' | 'cancelled';
    /**
     * 0 to 100.
     * @minimum 0
     * @maximum 100
     */
    progress: number;
    /** Unix seconds. */
    created: number;
    /** Unix seconds; present when the task has ended. */
    completed?: number;
    /** Seconds that the task may take in all; absent where nobody knows. */
    estimated_time?: number;
    /** Seconds that the task took; present when it has ended. */
    actual_time?: number;
    /** Charge in US dollars; absent until it is known. */
    cost?: number;
    /** Present when `status` is `completed`. */
    result?: {
      images: {
        /** The link of one picture. */
        url: string[];
        /** Unix seconds at which the link stops working. */
        expires_at?: number;
      }[];
    };
    /** Present when `status` is `failed` or `cancelled`. */
    error?: {
      /** Number that a status would be, such as 400 for `content_rejected`. */
      code: number;
      message: string;
      type: string;
    };
  };
}

/** A task of EvoLink's face, with the members that ToAPIs has beside it. */
export interface EvolinkTask extends Warned {
  id: string;
  object: 'image.generation.task';
  type: 'image';
  model: string;
  status: 'pending' | 'processing' | 'completed' | 'failed';
  /**
   * 0 to 100.
   * @minimum 0
   * @maximum 100
   */
  progress: number;
  /** Unix seconds. */
  created: number;
  /** `created`, as ToAPIs calls it. */
  created_at: number;
  task_info: {
    type: 'image';
    /** Whether the task has not ended. */
    can_cancel: boolean;
    /** Seconds that the task may take in all; absent where nobody knows. */
    estimated_time?: number;
  };
  /** Links of the pictures; empty until the task is completed. */
  results: string[];
  /** Unix seconds; present when the task has ended. */
  completed_at?: number;
  /** The first link, as ToAPIs has it. */
  url?: string;
  /** Unix seconds at which the links stop working. */
  expires_at?: number;
  /** The links, as ToAPIs has them; present when `status` is `completed`. */
  result?: { type: 'image'; data: { url: string }[] };
  /** Present when `status` is `failed`. */
  error?: {
    /** EvoLink's word, such as `content_policy_violation`. */
    code: string;
    message: string;
  };
}

/** The answer to a submit of sub2api's face. */
export interface Sub2apiSubmit extends Warned {
  id: string;
  task_id: string;
  object: 'image.generation.task';
  status: 'processing';
  /** Unix seconds. */
  created_at: number;
  /** Unix seconds until which the task can be asked for at least. */
  expires_at: number;
  /** Path of the query, as in `Location`. */
  poll_url: string;
}

/** A task of sub2api's face. */
export interface Sub2apiTask extends Warned {
  id: string;
  task_id: string;
  object: 'image.generation.task';
  status: 'processing' | 'completed' | 'failed';
  /** Unix seconds. */
  created_at: number;
  /** Unix seconds until which the task can be asked for, and its links work. */
  expires_at: number;
  /** Unix seconds; present when the task has ended. */
  completed_at?: number;
  /** Status that a call that waits would have had; present when the task has ended. */
  http_status?: number;
  /** The first link. */
  image_url?: string;
  /** Body that a call that waits would have had; present when `status` is `completed`. */
  result?: {
    /** Unix seconds. */
    created: number;
    data: { url: string }[];
  };
  /** OpenAI’s error; present when `status` is `failed`. */
  error?: { type: string; code: string | null; message: string };
}

/** An uploaded picture, with the members of APIMart's answer and, in `data`, of that of ToAPIs. */
export interface DialectUpload {
  success: true;
  /** Empty. */
  message: string;
  /** A link that works as an input until it expires. */
  url: string;
  filename: string;
  content_type: string;
  bytes: number;
  /** Unix seconds. */
  created_at: number;
  /** Unix seconds. */
  expires_at: number;
  data: {
    /** The file's id. */
    id: string;
    url: string;
    mime_type: string;
    /** In bytes. */
    size: number;
  };
}

/** A refusal of APIMart's and of EvoLink's face. */
export interface DialectError {
  error: {
    /** The HTTP status. */
    code: number;
    message: string;
    /** The vendor's word, such as `authentication_error`. */
    type: string;
    /** Path of the first member at fault. */
    param?: string;
  };
  /** The sentence again. */
  message: string;
}

/** A refusal of sub2api's face. */
export interface Sub2apiError {
  error: {
    /** OpenAI’s word, such as `invalid_request_error`. */
    type: string;
    code: string | null;
    message: string;
    /** Path of the first member at fault; `null` where none is. */
    param: string | null;
  };
}
