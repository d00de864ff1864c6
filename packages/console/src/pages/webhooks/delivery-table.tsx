import type { WebhookDeliveryData } from '@plantain/client';
import { useFormat } from '../../parts/format/format.ts';
import { useWords } from '../../words/words.ts';
import { DeliveryBadge } from './delivery-badge.tsx';
import { ServerSentence } from './server-sentence.tsx';
import { webhooksWords } from './words.ts';

export function DeliveryTable({
  deliveries,
  onOpen,
}: {
  deliveries: readonly WebhookDeliveryData[];
  onOpen: (id: string) => void;
}) {
  const say = useWords(webhooksWords);
  return (
    <div className="table-frame">
      <table className="deliveries">
        <thead>
          <tr>
            <th scope="col">{say('event')}</th>
            <th scope="col">{say('state')}</th>
            <th scope="col">{say('receiver')}</th>
            <th scope="col" className="numeric">
              {say('tries')}
            </th>
            <th scope="col">{say('time')}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {deliveries.map((delivery) => (
            <DeliveryRow key={delivery.delivery_id} delivery={delivery} onOpen={onOpen} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function DeliveryRow({ delivery, onOpen }: { delivery: WebhookDeliveryData; onOpen: (id: string) => void }) {
  const say = useWords(webhooksWords);
  const format = useFormat();
  const { delivery_id: id, type, state, url, tries, create_time: at, reason } = delivery;
  return (
    <tr>
      <td>{say(type)}</td>
      <td>
        <DeliveryBadge state={state} />
      </td>
      <td className="delivery-receiver">
        <span className="mono">{url}</span>
        {reason !== undefined && (
          <p className="muted">
            <ServerSentence text={reason} />
          </p>
        )}
      </td>
      <td className="numeric">{format.number(tries)}</td>
      <td>
        <time dateTime={new Date(Number(at) * 1000).toISOString()} title={format.time(at)}>
          {format.relative(at)}
        </time>
      </td>
      <td>
        <button type="button" className="button small" onClick={() => onOpen(id)}>
          {say('details')}
          <span className="visually-hidden">
            {' '}
            {say(type)} {format.time(at)}
          </span>
        </button>
      </td>
    </tr>
  );
}
