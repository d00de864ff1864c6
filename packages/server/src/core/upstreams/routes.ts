// Limits and routes of upstreams, as the settings have them after they were checked.

/** Limits of an upstream or of one credential. Each is at least 1; one that is left out does not exist. */
export interface Limits {
  /** Maximal calls under way at once. */
  concurrency?: number | undefined;
  /** Maximal requests in any 60 seconds. */
  requestsPerMinute?: number | undefined;
  /** Maximal pictures in any 60 seconds. */
  picturesPerMinute?: number | undefined;
  /** Maximal requests from one reset of the quotas to the next. */
  dailyRequests?: number | undefined;
}

/** Time of day at which daily quotas begin anew. */
export interface QuotaReset {
  /** 0 to 23. */
  hour: number;
  /** Default 0. */
  minute?: number | undefined;
  /** IANA name such as `America/Los_Angeles`. */
  timeZone: string;
}

/** Route to an upstream and its model, which may serve a model of this server. */
export interface Route {
  upstreamName: string;
  upstreamModel: string;
  /** Share of the load among the weighted routes directly beside this one. A route without a weight is tried in its turn, alone. */
  weight?: number | undefined;
}
