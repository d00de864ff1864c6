// The deliveries of a key, newest first: as many pages as were asked for. They are polled, as no event stream has them.

import type { DeliveryFilter, WebhookDeliveryData } from '@plantain/client';
import { useCallback, useRef } from 'react';
import { useSession } from '../../session.tsx';
import { type Loaded, useLoad } from '../../use-load.ts';

const everyMs = 5_000;
const pageSize = 50;

export interface FoundDeliveries extends Loaded<{
  deliveries: WebhookDeliveryData[];
  isComplete: boolean;
}> {
  more: () => void;
}

export function useDeliveries({
  task_id: taskId,
  webhook_id: webhookId,
  state,
}: DeliveryFilter): FoundDeliveries {
  const { client } = useSession();
  const wanted = useRef(1);
  const load = useCallback(
    async (signal: AbortSignal) => {
      const filter = { task_id: taskId, webhook_id: webhookId, state, limit: pageSize };
      const deliveries: WebhookDeliveryData[] = [];
      let count = 0;
      let isComplete = true;
      for await (const page of client.webhooks.deliveries(filter, { signal }).pages()) {
        deliveries.push(...page.deliveries);
        count += 1;
        isComplete = page.next_cursor === null;
        if (count === wanted.current) break;
      }
      return { deliveries, isComplete };
    },
    [client, taskId, webhookId, state],
  );
  const found = useLoad(load, { everyMs });
  const { reload } = found;
  const more = useCallback(() => {
    wanted.current += 1;
    reload();
  }, [reload]);
  return { ...found, more };
}
