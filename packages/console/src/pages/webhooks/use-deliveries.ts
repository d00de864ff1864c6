// The deliveries of a key, newest first: as many pages as were asked for. They are polled, as no event stream has them.

import type { DeliveryFilter, WebhookDeliveriesData, WebhookDeliveryData } from '@plantain/client';
import { useCallback } from 'react';
import { useSession } from '../../session.tsx';
import { type LoadedPages, usePages } from '../../use-pages.ts';

const everyMs = 5_000;
const pageSize = 50;
const deliveriesOf = ({ deliveries }: WebhookDeliveriesData) => deliveries;

export function useDeliveries({
  task_id: taskId,
  webhook_id: webhookId,
  state,
}: DeliveryFilter): LoadedPages<WebhookDeliveryData> {
  const { client } = useSession();
  const open = useCallback(
    (signal: AbortSignal) => {
      const filter = { task_id: taskId, webhook_id: webhookId, state, limit: pageSize };
      return client.webhooks.deliveries(filter, { signal }).pages();
    },
    [client, taskId, webhookId, state],
  );
  return usePages(open, deliveriesOf, { everyMs });
}
