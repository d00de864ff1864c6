// Statements that make deliveries of webhooks due again.

import type { DatabaseSync } from 'node:sqlite';
import { testEvent } from '../../../core/webhooks/webhook.ts';
import type { WebhookStore } from '../../../core/webhooks/webhook-store.ts';

export function createReplayWrites(database: DatabaseSync) {
  const enabled = `(endpoint_id IS NULL OR endpoint_id IN (SELECT id FROM webhook_endpoints WHERE disabled_at IS NULL))`;
  const replay = (which: string) =>
    database.prepare(
      `UPDATE webhook_deliveries SET state = 'pending', tries = 0, counted_from = max(created_at, :at), due_at = :at, finished_at = NULL, reason = NULL,
         url = coalesce((SELECT url FROM webhook_endpoints WHERE id = endpoint_id), url),
         host = coalesce((SELECT host FROM webhook_endpoints WHERE id = endpoint_id), host) WHERE ${which}`,
    );
  const replayOne = replay(`id = :id AND ${enabled}`);
  const replayRange = (owner: string) =>
    replay(
      `id IN (SELECT id FROM webhook_deliveries WHERE ${owner} AND state = :state AND created_at BETWEEN :from AND :to
                AND counted_from < :at AND event <> '${testEvent}' AND ${enabled} LIMIT :limit)`,
    );
  const replayOfKey = replayRange('key_id = :owner');
  const replayOfEndpoint = replayRange('endpoint_id = :owner');

  return {
    replayDelivery(id: string, at: number): boolean {
      return replayOne.run({ id, at }).changes === 1;
    },
    replayDeliveries(filter: Parameters<WebhookStore['replayDeliveries']>[0]): number {
      const { keyId, endpointId, ...range } = filter;
      const statement = endpointId === undefined ? replayOfKey : replayOfEndpoint;
      return Number(statement.run({ ...range, owner: endpointId ?? keyId }).changes);
    },
  };
}
