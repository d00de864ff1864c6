import type { WebhookData } from '@plantain/client';
import { useFormat } from '../../parts/format/format.ts';
import { useWords } from '../../words/words.ts';
import { ServerSentence } from './server-sentence.tsx';
import { webhooksWords } from './words.ts';

export type EndpointDoing = 'edit' | 'test' | 'rotate' | 'delete' | 'switch';

export function EndpointCard({
  endpoint,
  onDo,
}: {
  endpoint: WebhookData;
  onDo: (doing: EndpointDoing) => void;
}) {
  const say = useWords(webhooksWords);
  const format = useFormat();
  const { url, description, events, enabled, failing_since: failing, disabled_at: offAt } = endpoint;
  const { disabled_reason: reason } = endpoint;
  const mood = !enabled ? 'off' : failing === undefined ? 'on' : 'failing';
  return (
    <li className="card stack">
      <div className="endpoint-head">
        <h3 className="mono">{url}</h3>
        <span className="badge" data-state={{ on: 'good', failing: 'warn', off: 'bad' }[mood]}>
          {say(mood)}
        </span>
      </div>
      {description !== '' && <p>{description}</p>}
      <p className="muted">
        {events.map((event) => say(event)).join(' · ')} —{' '}
        {say('made', { time: format.time(endpoint.create_time) })}
      </p>
      {mood === 'failing' && failing !== undefined && (
        <p className="endpoint-failing">{say('failingSince', { time: format.time(failing) })}</p>
      )}
      {!enabled && (
        <div className="problem">
          <div>
            {offAt !== undefined && <p>{say('offSince', { time: format.time(offAt) })}</p>}
            {reason !== undefined && (
              <p>
                <ServerSentence text={reason} />
              </p>
            )}
            <p className="muted">{say('offHelp')}</p>
          </div>
        </div>
      )}
      <div className="row">
        {(['switch', 'test', 'edit', 'rotate', 'delete'] as const).map((doing) => (
          <button
            key={doing}
            type="button"
            className={doing === 'delete' ? 'button small danger' : 'button small'}
            onClick={() => onDo(doing)}
          >
            {doing === 'switch' ? say(enabled ? 'switchOff' : 'switchOn') : say(doing)}
            <span className="visually-hidden"> {url}</span>
          </button>
        ))}
      </div>
    </li>
  );
}
