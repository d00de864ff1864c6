// Port of the store's gauges: sums over all that is stored, for whoever watches the server. Their reads take longer the more there is, so
// an adapter makes them beside the event loop.

/** Tasks of a model that have not ended. */
export interface OpenTasks {
  model: string;
  pending: number;
  running: number;
  /** Time of the submit of the pending task that came first, Unix milliseconds; `null` where none is pending. */
  oldestAt: number | null;
}

export interface StoreGauges {
  /** In no order; of models without such tasks there is none. */
  openTasks: OpenTasks[];
  /** Sum that is reserved for tasks now, micro-dollars. */
  reservedMicroUsd: number;
  /** Deliveries of webhooks that are not over. */
  deliveries: {
    pending: number;
    /** Time at which the first of them is due, Unix milliseconds; `null` where there is none. */
    dueAt: number | null;
  };
}

export interface GaugesStore {
  /** Reads all gauges; `now` in Unix milliseconds. */
  readGauges(now: number): Promise<StoreGauges>;
}

/** Time after its submit for which a task may hold a sum: its longest deadline, the hold after its end, and a day for a server that was stopped. */
export const longestReservedMs = (7 + 1 + 1) * 24 * 3_600_000;
