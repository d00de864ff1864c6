// Deliveries as rows.

import type { DeliveryState, WebhookDelivery } from '../../../core/webhooks/webhook-store.ts';
import type { Row } from '../../rows.ts';
import { fromColumn } from '../database/text.ts';

export function toDelivery(row: Row): WebhookDelivery {
  const reason = row['reason'] as string | null;
  return {
    id: row['id'] as string,
    keyId: row['key_id'] as string,
    endpointId: row['endpoint_id'] as string | null,
    taskId: row['task_id'] as string | null,
    event: row['event'] as WebhookDelivery['event'],
    url: fromColumn(row['url'] as string),
    state: row['state'] as DeliveryState,
    createdAt: row['created_at'] as number,
    countedFrom: row['counted_from'] as number,
    dueAt: row['due_at'] as number,
    finishedAt: row['finished_at'] as number | null,
    reason: reason === null ? null : fromColumn(reason),
    tries: row['tries'] as number,
    data: row['data'] as string | null,
  };
}
