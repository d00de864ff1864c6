// The facts of a delivery, and what came of each attempt.

import type { WebhookAttemptData, WebhookDeliveryData } from '@plantain/client';
import { Link, useLocation } from 'wouter';
import { useFormat } from '../../parts/format/format.ts';
import { useWords } from '../../words/words.ts';
import { DeliveryBadge } from './delivery-badge.tsx';
import { ServerSentence } from './server-sentence.tsx';
import { webhooksWords } from './words.ts';

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
