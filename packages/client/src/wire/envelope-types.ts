// The wire types of the envelope around every answer, and of refusals.

/**
 * Unix seconds, as a decimal string
 * @pattern ^\d{10,}$
 */
export type UnixSeconds = string;

/** Reason of a refusal, from a closed list. */
export type RequestErrorType =
  | 'invalid_request'
  | 'unauthenticated'
  | 'budget_exhausted'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'unsupported_media'
  | 'input_unreachable'
  | 'rate_limited'
  | 'internal'
  | 'overloaded';

/** One fault of a request. */
export interface Fault {
  /** Where, such as `image_urls[1]`. */
  path: string;
  /** The fault, and what to do about it. */
  message: string;
}

/** Budget or limit that refused a request (Plantain). Sums are in micro-dollars, millionths of a US dollar. */
export interface LimitFault extends Fault {
  /** Kind of the subject that is limited. */
  of: 'owner' | 'key';
  id: string;
  /** Name of the limit, such as `budget`, `reserved_micro_usd`, `waiting` or `pictures_per_day`. */
  limit: string;
  /** Maximum, for other limits than a budget. */
  max?: number;
  /** How much of the maximum is used. */
  used?: number;
  /** Period of the budget. */
  period?: 'day' | 'month' | 'total';
  limit_micro_usd?: number;
  spent_micro_usd?: number;
  /** Sum reserved for tasks that have not ended. */
  reserved_micro_usd?: number;
  /** Sum that this request would reserve. */
  cost_micro_usd?: number;
  /** When the budget or the count begins anew; absent where it does not by itself. */
  resets_at?: UnixSeconds;
  /** How many of the tasks, from the first on, would be accepted now. */
  fits?: number;
}

/** Name of a limit of keys and owners. */
export type LimitName =
  | 'submits_per_minute'
  | 'queries_per_minute'
  | 'running'
  | 'waiting'
  | 'pictures_per_day'
  | 'stored_bytes'
  | 'reserved_micro_usd';

/** The `error` member of a refused request (Plantain). */
export interface RequestErrorBody {
  type: RequestErrorType;
  message: string;
  request_id: string;
  /** Every fault of the request, wherever members are to blame; the limit, where a budget or a limit refuses it. */
  details?: (Fault | LimitFault)[];
}

/** The wrapping of every answer of this API. */
export interface Envelope<Data> {
  /** 200, or the HTTP status of the failure. */
  code: number;
  /** Exactly `success`, or a sentence that says what went wrong. */
  msg: string;
  data: Data;
  /**
   * Seconds that the server spent on this request.
   * @minimum 0
   */
  exec_time: number;
  /** The caller's address as the server sees it. */
  ip: string;
}

/** A refused request: the envelope with `data: null` and `error` beside it. */
export interface ErrorEnvelope extends Envelope<null> {
  /** The HTTP status. */
  code: number;
  /** A sentence on what went wrong. */
  msg: string;
  /** The sentence again (Plantain). */
  message: string;
  error: RequestErrorBody;
}
