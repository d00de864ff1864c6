// Endpoints of webhooks as whoever looks at a store beside a server sees them, by the same statements on both kinds of store.

import { failuresApartMs } from '../core/webhooks/webhook-store.ts';
import { maxSecrets, offByOwner } from '../core/webhooks/webhook.ts';
import type { Row } from './rows.ts';

/** Endpoint that was switched off for its failures, or that fails now. Its owner's own switch is no trouble. */
export interface TroubledEndpoint {
  id: string;
  url: string;
  isOff: boolean;
  /** Unix milliseconds: since when it is off, or fails. */
  since: number;
  /** Sentence; `null` where nothing is known of its deliveries any more. */
  reason: string | null;
}

/** Endpoint that is told of things, with the secrets that sign its messages. */
export interface LiveEndpoint {
  id: string;
  url: string;
  secrets: string[];
}

/** Endpoints that are listed at most: in trouble, and to be tried. */
const maxTroubled = 10;
const maxLive = 50;
/** Deliveries of an endpoint that are looked through for the reason of a failure. */
const looked = 20;

/** Leaves out endpoints of keys that were revoked, which are called no more. */
const endpoints = `webhook_endpoints AS e LEFT JOIN api_keys AS k ON k.id = e.key_id WHERE k.revoked_at IS NULL`;
const isTroubled = (now: number) =>
  `(e.disabled_reason <> '${offByOwner}' OR (e.disabled_at IS NULL AND e.failing_since IS NOT NULL AND e.failed_at > ${now - failuresApartMs}))`;

/** Statement with one row and one column, `value`. */
export const countTroubledSql = (now: number): string =>
  `SELECT count(*) AS value FROM ${endpoints} AND ${isTroubled(now)}`;

export const troubledSql = (now: number): string =>
  `SELECT e.id, e.url, e.disabled_at, e.disabled_reason, e.failing_since,
     coalesce(${lastError('pending', 'created_at')}, ${lastError('failed', 'created_at DESC')}) AS error
   FROM ${endpoints} AND ${isTroubled(now)} ORDER BY e.disabled_at IS NULL, coalesce(e.disabled_at, e.failing_since) LIMIT ${maxTroubled}`;

/** Statement of the error of an endpoint’s last attempt: of deliveries that wait the first has been tried, if any has; of failed ones the last one says most. */
const lastError = (state: 'pending' | 'failed', order: string): string =>
  `(SELECT a.error FROM webhook_attempts AS a JOIN
      (SELECT d.id FROM webhook_deliveries AS d WHERE d.endpoint_id = e.id AND d.state = '${state}' ORDER BY d.${order} LIMIT ${looked}) AS tried
      ON tried.id = a.delivery_id WHERE a.error IS NOT NULL ORDER BY a.at DESC LIMIT 1)`;

/** A row for each secret, the current one first. */
export const liveSql = (now: number): string =>
  `SELECT live.id, live.url, s.secret FROM
     (SELECT e.id, e.url, e.created_at FROM ${endpoints} AND e.disabled_at IS NULL ORDER BY e.created_at, e.id LIMIT ${maxLive}) AS live
   JOIN webhook_secrets AS s ON s.owner = live.id WHERE s.expires_at IS NULL OR s.expires_at > ${now}
   ORDER BY live.created_at, live.id, s.expires_at IS NOT NULL, s.created_at DESC LIMIT ${maxLive * maxSecrets}`;

export const countLiveSql = `SELECT count(*) AS value FROM ${endpoints} AND e.disabled_at IS NULL`;

/** `read` gives the text of a column as it was stored. */
export function toTroubled(row: Row, read: (text: string) => string): TroubledEndpoint {
  const { disabled_at: offAt, disabled_reason: offFor, failing_since: failingSince, error } = row;
  const reason = offFor ?? error;
  return {
    id: String(row['id']),
    url: read(String(row['url'])),
    isOff: offAt !== null,
    since: Number(offAt ?? failingSince),
    reason: typeof reason === 'string' ? read(reason) : null,
  };
}

export function toLive(rows: readonly Row[], read: (text: string) => string): LiveEndpoint[] {
  const found = new Map<string, LiveEndpoint>();
  for (const row of rows) {
    const id = String(row['id']);
    const endpoint = found.get(id) ?? { id, url: read(String(row['url'])), secrets: [] };
    endpoint.secrets.push(String(row['secret']));
    found.set(id, endpoint);
  }
  return [...found.values()];
}
