import type { WebhookDeliveryData } from '@plantain/client';
import { useWords } from '../../words/words.ts';
import { webhooksWords } from './words.ts';

export type DeliveryState = WebhookDeliveryData['state'];

const moods = { pending: 'warn', delivered: 'good', failed: 'bad' } as const satisfies Record<
  DeliveryState,
  string
>;

export const deliveryStates = Object.keys(moods) as DeliveryState[];

export function DeliveryBadge({ state }: { state: DeliveryState }) {
  const say = useWords(webhooksWords);
  return (
    <span className="badge" data-state={moods[state]}>
      {say(state)}
    </span>
  );
}
