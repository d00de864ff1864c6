// Deliveries as a table, and one of them with all its attempts.

import type { WebhookAttemptData, WebhookDeliveryData } from '@plantain/client';
import { type ReactNode, useCallback, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Dialog } from '../../parts/dialog/dialog.tsx';
import { useFormat } from '../../parts/format/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Loading } from '../../parts/notice/loading.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { useSession } from '../../session.tsx';
import { useLoad } from '../../use-load.ts';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { ServerSentence } from './server-sentence.tsx';
import type { FoundDeliveries } from './use-deliveries.ts';
import { webhooksWords } from './words.ts';
import './webhooks.css';

export function Deliveries({ found, empty }: { found: FoundDeliveries; empty: ReactNode }) {
  const sayControl = useWords(controlWords);
  const { value, error, reload, more } = found;
  const [open, setOpen] = useState<string | null>(null);
  return (
    <>
      {error !== undefined && <Problem error={error} onRetry={reload} />}
      {value === undefined && error === undefined && <Loading />}
      {value?.deliveries.length === 0 && empty}
      {value !== undefined && value.deliveries.length > 0 && (
        <DeliveryTable deliveries={value.deliveries} onOpen={setOpen} />
      )}
      {value?.isComplete === false && (
        <div className="row">
          <button type="button" className="button" onClick={more}>
            {sayControl('more')}
          </button>
        </div>
      )}
      {open !== null && <DeliveryDialog id={open} onReplayed={reload} onClose={() => setOpen(null)} />}
    </>
  );
}

function DeliveryTable({
  deliveries,
  onOpen,
}: {
  deliveries: readonly WebhookDeliveryData[];
  onOpen: (id: string) => void;
}) {
  const say = useWords(webhooksWords);
  const format = useFormat();
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
          {deliveries.map((delivery) => {
            const { delivery_id: id, type, url, tries, create_time: at, reason } = delivery;
            return (
              <tr key={id}>
                <td>{say(type)}</td>
                <td>
                  <DeliveryBadge state={delivery.state} />
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
          })}
        </tbody>
      </table>
    </div>
  );
}

const moods = { pending: 'warn', delivered: 'good', failed: 'bad' } as const;

function DeliveryBadge({ state }: Pick<WebhookDeliveryData, 'state'>) {
  const say = useWords(webhooksWords);
  return (
    <span className="badge" data-state={moods[state]}>
      {say(state)}
    </span>
  );
}

function DeliveryDialog({
  id,
  onReplayed,
  onClose,
}: {
  id: string;
  onReplayed: () => void;
  onClose: () => void;
}) {
  const say = useWords(webhooksWords);
  const { client } = useSession();
  const { value, error, reload, replace } = useLoad(
    useCallback((signal: AbortSignal) => client.webhooks.delivery(id, { signal }), [client, id]),
    { everyMs: 2_000 },
  );
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>(null);

  function replay(): void {
    setBusy(true);
    setRefused(null);
    client.webhooks
      .replay(id)
      .then((delivery) => {
        replace(() => delivery);
        onReplayed();
      }, setRefused)
      .finally(() => setBusy(false));
  }

  return (
    <Dialog title={say('delivery')} wide onClose={onClose}>
      <div className="stack">
        {error !== undefined && <Problem error={error} onRetry={reload} />}
        {value === undefined && error === undefined && <Loading />}
        {value !== undefined && <DeliveryDetails delivery={value} onLeave={onClose} />}
        {refused !== null && <Problem error={refused} isOnce />}
        {value !== undefined && value.state !== 'pending' && (
          <div className="row">
            <button type="button" className="button" disabled={busy} onClick={replay}>
              <Icon name="retry" />
              {say('replay')}
            </button>
            <span className="muted">{say('replayNote')}</span>
          </div>
        )}
      </div>
    </Dialog>
  );
}

/** `onLeave` is called before the page changes. */
export function DeliveryDetails({
  delivery,
  onLeave,
}: {
  delivery: WebhookDeliveryData;
  onLeave: () => void;
}) {
  const say = useWords(webhooksWords);
  const format = useFormat();
  const [, navigate] = useLocation();
  const { delivery_id: id, task_id: taskId, next_try_at: next, reason, attempts = [] } = delivery;
  return (
    <>
      <dl className="webhook-facts">
        <dt>{say('event')}</dt>
        <dd>{say(delivery.type)}</dd>
        <dt>{say('state')}</dt>
        <dd>
          <span role="status">
            <DeliveryBadge state={delivery.state} />
            {reason !== undefined && (
              <>
                {' '}
                <ServerSentence text={reason} />
              </>
            )}
            {next !== undefined && ` ${say('nextTry', { time: format.time(next) })}`}
          </span>
        </dd>
        <dt>{say('receiver')}</dt>
        <dd className="mono">{delivery.url}</dd>
        <dt>webhook-id</dt>
        <dd className="mono">{id}</dd>
        <dt>{say('time')}</dt>
        <dd>{format.time(delivery.create_time)}</dd>
        {taskId !== undefined && (
          <>
            <dt>{say('task')}</dt>
            <dd>
              <Link
                href={`/tasks/${taskId}`}
                className="mono"
                onClick={(event) => {
                  event.preventDefault();
                  onLeave();
                  navigate(`/tasks/${taskId}`);
                }}
              >
                {taskId}
              </Link>
            </dd>
          </>
        )}
      </dl>
      <h3>{say('attempts')}</h3>
      {attempts.length === 0 ? (
        <p className="muted">{say('attemptsNone')}</p>
      ) : (
        <Attempts attempts={attempts} />
      )}
    </>
  );
}

function Attempts({ attempts }: { attempts: readonly WebhookAttemptData[] }) {
  const say = useWords(webhooksWords);
  const format = useFormat();
  return (
    <ol className="webhook-attempts">
      {attempts.map(({ time, duration_ms: ms, status, answer, error }, index) => (
        <li key={index} className="stack">
          <div className="row">
            <span className="badge" data-state={error === undefined ? 'good' : 'bad'}>
              {status === undefined ? say('noAnswer') : `HTTP ${status}`}
            </span>
            <span>{format.time(time)}</span>
            <span className="muted">{format.number(ms)} ms</span>
          </div>
          {error !== undefined && (
            <p>
              <ServerSentence text={error} />
            </p>
          )}
          {answer !== undefined && answer !== '' && (
            <pre tabIndex={0} aria-label={say('answer')}>
              {answer}
            </pre>
          )}
        </li>
      ))}
    </ol>
  );
}
