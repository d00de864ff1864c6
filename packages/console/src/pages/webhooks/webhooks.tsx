// Where programs are told of tasks, and what became of each message.

import type { WebhookDeliveryData } from '@plantain/client';
import { useCallback, useState } from 'react';
import { Empty } from '../../parts/notice/empty.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useSession } from '../../session.tsx';
import { createStored, useStoredState } from '../../stored.ts';
import { useLoad } from '../../use-load.ts';
import { controlWords } from '../../words/controls.ts';
import { pageNames } from '../../words/page-names.ts';
import { useWords } from '../../words/words.ts';
import { CallbackSecret } from './callback-secret.tsx';
import { Deliveries } from './deliveries.tsx';
import { Endpoints } from './endpoints.tsx';
import { ReplayDialog } from './replay-dialog.tsx';
import { useDeliveries } from './use-deliveries.ts';
import { webhooksWords } from './words.ts';
import './webhooks.css';

const states = ['pending', 'delivered', 'failed'] as const satisfies readonly WebhookDeliveryData['state'][];
/** An endpoint is switched off by the server when nothing comes through. */
const everyMs = 15_000;

interface DeliveryFilter {
  state?: WebhookDeliveryData['state'] | undefined;
  endpoint: string;
  task: string;
}

const deliveryFilter = createStored<DeliveryFilter>('plantain.deliveries.filter.1', {
  endpoint: '',
  task: '',
});

export default function Webhooks() {
  const say = useWords(webhooksWords);
  const sayControl = useWords(controlWords);
  const sayPage = useWords(pageNames);
  const { client } = useSession();
  const endpoints = useLoad(
    useCallback((signal: AbortSignal) => client.webhooks.list({ signal }), [client]),
    { everyMs },
  );
  const [filter, setFilter] = useStoredState(deliveryFilter);
  const { state, endpoint, task } = filter;
  const setState = (chosen: DeliveryFilter['state']) => setFilter({ ...filter, state: chosen });
  const setEndpoint = (chosen: string) => setFilter({ ...filter, endpoint: chosen });
  const setTask = (typed: string) => setFilter({ ...filter, task: typed });
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
        <div className="delivery-filters">
          <label className="field">
            <span>{say('state')}</span>
            <select
              value={state ?? ''}
              onChange={({ target }) => setState(states.find((each) => each === target.value))}
            >
              <option value="">{sayControl('all')}</option>
              {states.map((each) => (
                <option key={each} value={each}>
                  {say(each)}
                </option>
              ))}
            </select>
          </label>
          <label className="field">
            <span>{say('endpoint')}</span>
            <select value={endpoint} onChange={({ target }) => setEndpoint(target.value)}>
              <option value="">{sayControl('all')}</option>
              {known.map(({ webhook_id: id, url }) => (
                <option key={id} value={id}>
                  {url}
                </option>
              ))}
            </select>
          </label>
          <label className="field">
            <span>{say('taskId')}</span>
            <input value={task} spellCheck={false} onChange={({ target }) => setTask(target.value)} />
          </label>
        </div>
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
