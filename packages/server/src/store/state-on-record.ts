// The state of a store at a glance, for whoever looks at it beside a server: a few counts, by the same statements on both kinds.

import { countTroubledSql, type TroubledEndpoint } from './endpoints-on-record.ts';

/** Counts at a time. */
export interface StateOnRecord {
  schema: number;
  /** Latest schema that this version knows, to which a start brings it. */
  newest: number;
  /** API keys that are neither revoked nor expired. */
  usableKeys: number;
  waiting: number;
  running: number;
  /** Unix milliseconds of the latest task; 0 without any. */
  latestAt: number;
  /** Webhook endpoints that were switched off for their failures, or that fail. */
  troubledEndpoints: number;
  /** Deliveries of webhooks that have been due for longer than they should. */
  overdueDeliveries: number;
  /** The first few of those endpoints. */
  troubled: TroubledEndpoint[];
}

export type Counts = Omit<StateOnRecord, 'schema' | 'newest' | 'troubled'>;

/** How long a delivery is due at the most while somebody delivers. */
const overdueMs = 10 * 60_000;

/** Statements with one row and one column, `value`; times are numbers of this program's own. */
export function statementsOfState(now: number): Record<keyof Counts, string> {
  return {
    usableKeys: `SELECT count(*) AS value FROM api_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${now})`,
    waiting: `SELECT count(*) AS value FROM tasks WHERE state = 'pending'`,
    running: `SELECT count(*) AS value FROM tasks WHERE state = 'running'`,
    latestAt: `SELECT coalesce(max(updated_at), 0) AS value FROM (SELECT updated_at FROM tasks ORDER BY changed DESC LIMIT 1) AS latest`,
    troubledEndpoints: countTroubledSql(now),
    overdueDeliveries: `SELECT count(*) AS value FROM webhook_deliveries WHERE state = 'pending' AND due_at < ${now - overdueMs}`,
  };
}
