// Endpoints that are notified of tasks, and the deliveries to them.

import type { WebhookData } from '@plantain/client';
import { useCallback, useState } from 'react';
import { InputField } from '../../parts/form/input-field.tsx';
import { Empty } from '../../parts/notice/empty.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useSession } from '../../session.tsx';
import { createStored, useStoredState } from '../../stored.ts';
import { useLoad } from '../../use-load.ts';
import { pageNames } from '../../words/page-names.ts';
import { useWords } from '../../words/words.ts';
import { CallbackSecret } from './callback-secret.tsx';
import { Deliveries } from './deliveries.tsx';
import { type DeliveryState, deliveryStates } from './delivery-badge.tsx';
import { EndpointChoice, StateChoice } from './delivery-choices.tsx';
import { Endpoints } from './endpoints.tsx';
import { ReplayDialog } from './replay-dialog.tsx';
import { useDeliveries } from './use-deliveries.ts';
import { webhooksWords } from './words.ts';
import './webhooks.css';

/** An endpoint is switched off by the server when nothing comes through. */
const everyMs = 15_000;

interface DeliveryFilter {
  state?: DeliveryState | undefined;
  /** Id of an endpoint; empty for all. */
  endpoint: string;
  /** Beginning and end may be blank. */
  task: string;
}

const deliveryFilter = createStored<DeliveryFilter>('plantain.deliveries.filter.1', {
  endpoint: '',
  task: '',
});

export default function Webhooks() {
  const say = useWords(webhooksWords);
  const sayPage = useWords(pageNames);
  const { client } = useSession();
  const endpoints = useLoad(
    useCallback((signal: AbortSignal) => client.webhooks.list({ signal }), [client]),
    { everyMs },
  );
  const [filter, setFilter] = useStoredState(deliveryFilter);
  const { state, endpoint, task } = filter;
  const [isReplaying, setReplaying] = useState(false);
  const deliveries = useDeliveries({
    state,
    webhook_id: endpoint === '' ? undefined : endpoint,
    task_id: task.trim() === '' ? undefined : task.trim(),
  });
  const known = endpoints.value ?? [];
  const isFiltered = state !== undefined || endpoint !== '' || task.trim() !== '';

  return (
    <div className="page">
      <div className="page-head">
        <h1>{sayPage('webhooks')}</h1>
      </div>
      <Endpoints endpoints={endpoints} onSent={deliveries.reload} />
      <section className="stack">
        <div className="page-head">
          <h2>{say('deliveries')}</h2>
          <button type="button" className="button" onClick={() => setReplaying(true)}>
            <Icon name="retry" />
            {say('replayRange')}
          </button>
        </div>
        <Filters filter={filter} endpoints={known} onChange={setFilter} />
        <Deliveries
          found={deliveries}
          empty={
            isFiltered ? (
              <p className="muted">{say('deliveriesNoMatch')}</p>
            ) : (
              <Empty icon="clock" title={say('deliveriesNone')}>
                <p>{say('deliveriesNoneText')}</p>
              </Empty>
            )
          }
        />
      </section>
      <CallbackSecret />
      {isReplaying && (
        <ReplayDialog endpoints={known} onReplayed={deliveries.reload} onClose={() => setReplaying(false)} />
      )}
    </div>
  );
}

function Filters({
  filter,
  endpoints,
  onChange,
}: {
  filter: DeliveryFilter;
  endpoints: readonly WebhookData[];
  onChange: (filter: DeliveryFilter) => void;
}) {
  const say = useWords(webhooksWords);
  return (
    <div className="delivery-filters">
      <label className="field">
        <span>{say('state')}</span>
        <StateChoice
          states={deliveryStates}
          value={filter.state ?? ''}
          onChange={(state) => onChange({ ...filter, state: state === '' ? undefined : state })}
        />
      </label>
      <label className="field">
        <span>{say('endpoint')}</span>
        <EndpointChoice
          endpoints={endpoints}
          value={filter.endpoint}
          onChange={(endpoint) => onChange({ ...filter, endpoint })}
        />
      </label>
      <InputField
        label={say('taskId')}
        spellCheck={false}
        value={filter.task}
        onChange={(task) => onChange({ ...filter, task })}
      />
    </div>
  );
}
