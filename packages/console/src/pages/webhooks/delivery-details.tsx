// The facts of a delivery, and what came of each attempt.

import type { WebhookAttemptData, WebhookDeliveryData } from '@plantain/client';
import { Link, useLocation } from 'wouter';
import { Fact, Facts } from '../../parts/facts/facts.tsx';
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
      <Facts>
        <Fact name={say('event')}>{say(delivery.type)}</Fact>
        <Fact name={say('state')}>
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
        </Fact>
        <Fact name={say('receiver')}>
          <span className="mono">{delivery.url}</span>
        </Fact>
        <Fact name="webhook-id">
          <span className="mono">{id}</span>
        </Fact>
        <Fact name={say('time')}>{format.time(delivery.create_time)}</Fact>
        {taskId !== undefined && (
          <Fact name={say('task')}>
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
          </Fact>
        )}
      </Facts>
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
