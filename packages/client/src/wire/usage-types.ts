// The wire types of `GET /api/usage` and `GET /api/admin/usage` (Plantain). Money is in millionths of a US dollar.

/** Sums over tasks. A task counts on the day of its submit, whenever it ends. */
export interface UsageSumsData {
  /** Tasks that were submitted. */
  submitted: number;
  succeeded: number;
  failed: number;
  cancelled: number;
  /** Pictures of tasks that succeeded. */
  pictures: number;
  /** Sum that the owner pays, adjustments included. */
  charged_micro_usd: number;
  /** Sum that is held for tasks whose charge is not known yet. */
  reserved_micro_usd: number;
}

/** Sums of one's own tasks, told apart by what was asked for in `by`. */
export interface UsageRowData extends UsageSumsData {
  /** Day of UTC, such as `2026-11-30`. */
  day?: string;
  /** Empty for adjustments. */
  model?: string;
}

/** Sums that also say what upstreams cost. */
export interface AdminUsageSumsData extends UsageSumsData {
  /** Known costs of all attempts of tasks that have ended. */
  cost_micro_usd: number;
}

/** Sums of all tasks, told apart by what was asked for in `by`. */
export interface AdminUsageRowData extends AdminUsageSumsData {
  /** Day of UTC, such as `2026-11-30`. */
  day?: string;
  /** Id of the key where that has no owner. */
  owner_id?: string;
  /** `null` for an owner that was deleted. */
  owner_name?: string | null;
  /** Empty for adjustments of an owner alone. */
  key_id?: string;
  /** `null` where there is no such key. */
  key_name?: string | null;
  /** Empty for adjustments. */
  model?: string;
  /** Upstream of the task's last attempt; empty until the task has ended, and where there was none. */
  upstream?: string;
}

/** Usage of the key that asks. */
export interface UsageData {
  /** First and last day of UTC, both included. */
  from: string;
  to: string;
  /** In the order of `by`. */
  rows: UsageRowData[];
  total: UsageSumsData;
}

/** Usage of all keys. */
export interface AdminUsageData {
  /** First and last day of UTC, both included. */
  from: string;
  to: string;
  /** In the order of `by`. */
  rows: AdminUsageRowData[];
  total: AdminUsageSumsData;
}
