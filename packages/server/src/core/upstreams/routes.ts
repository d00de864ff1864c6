// Limits and routes by the operator's settings, which were checked where they were read. A number that is left out
// means that there is no such limit.

/** How much an upstream, or one of its keys, may be asked to do. Each number is at least 1. */
export interface Limits {
  /** Calls under way at once. */
  concurrency?: number | undefined;
  /** In any 60 seconds. */
  requestsPerMinute?: number | undefined;
  /** In any 60 seconds. */
  picturesPerMinute?: number | undefined;
  /** From one reset of the quotas to the next. */
  dailyRequests?: number | undefined;
}

/** When the quotas of a day begin anew: a time of day. */
export interface QuotaReset {
  /** 0 to 23. */
  hour: number;
  /** Default 0. */
  minute?: number | undefined;
  /** IANA name such as `America/Los_Angeles`. */
  timeZone: string;
}

/** One way to have pictures of a model made. */
export interface Route {
  upstreamName: string;
  /** The upstream's own name of the model. */
  upstreamModel: string;
  /** Its part of the load among the weighted routes directly beside it; without one, the route stands alone. */
  weight?: number | undefined;
}
