// Bodies of the v1 family, as its clients read them.

import type {
  Fault,
  LimitFault,
  RequestErrorType,
  TaskAction,
  TaskErrorType,
  TaskImage,
  TaskState,
} from '@plantain/client';

/** The answer to a submit of the v1 family. */
export interface V1Submit {
  id: string;
  /** The id again, where clients of gateways look for it. */
  task_id: string;
  object: 'image.generation.task';
  /** The model's canonical name. */
  model: string;
  /** EvoLink's word for a task that was accepted. */
  status: 'pending';
  progress: 0;
  /** Unix seconds. */
  created: number;
  /** Sentences on what was ignored or changed; absent when nothing was. */
  warnings?: string[];
}

/** A task of the v1 family. */
export interface V1Task {
  id: string;
  state: TaskState;
  /**
   * 0 to 100.
   * @minimum 0
   * @maximum 100
   */
  progress: number;
  /** Unix seconds. */
  create_time: number;
  /** Unix seconds. */
  update_time: number;
  action: TaskAction;
  data: {
    /** Empty until the task succeeded. */
    images: TaskImage[];
    /** Text that the model gave with the picture, or why the task failed, else empty. */
    description: string;
  };
  /** Reason why the task failed. */
  message?: string;
  /** Present when `state` is `error`. */
  error?: {
    /** Number that a status would be, such as 400 for `content_rejected`. */
    code: number;
    /** Reason why the task failed. */
    message: string;
    type: TaskErrorType;
  };
}

/** A refusal of the v1 family. */
export interface V1Error {
  error: {
    /** The HTTP status. */
    code: number;
    message: string;
    type: RequestErrorType;
    /** Every fault of the request, wherever members are to blame. */
    details?: (Fault | LimitFault)[];
  };
  /** A sentence on what went wrong. */
  msg: string;
  /** The sentence again. */
  message: string;
}
