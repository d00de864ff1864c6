// Everything of webhooks but the making of deliveries, which belongs to the change that they tell of.

import type { WebhookStore } from '../../../core/webhooks/webhook-store.ts';
import { createDeliveries } from './deliveries.ts';
import { createDeliveryAttempts } from './attempts.ts';
import { createEndpoints } from './endpoints.ts';
import { createPendingOfEndpoint } from './pending-of-endpoint.ts';
import { createSecrets } from './secrets.ts';
import type { Query } from '../database/statements.ts';
import type { Writer } from '../database/writer.ts';

export function createWebhooks(
  query: Query,
  writer: Pick<Writer, 'write'>,
  sweeps: Pick<Writer, 'write'>,
): WebhookStore {
  const pending = createPendingOfEndpoint(sweeps);
  return {
    ...createEndpoints(query, writer, pending),
    ...createSecrets(query, writer, sweeps),
    ...createDeliveries(query, writer, sweeps),
    ...createDeliveryAttempts(writer, pending),
  };
}
