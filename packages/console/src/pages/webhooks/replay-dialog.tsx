// Sending everything of a time again, as after a receiver was down.

import type { WebhookData } from '@plantain/client';
import { type FormEvent, useId, useState } from 'react';
import { Dialog } from '../../parts/dialog/dialog.tsx';
import { useFormat } from '../../parts/format/format.ts';
import { Problem } from '../../parts/notice/problem.tsx';
import { useSession } from '../../session.tsx';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { fromField, toField } from '../../parts/form/time-field.ts';
import { webhooksWords } from './words.ts';

const states = ['failed', 'delivered'] as const;
const daySeconds = 86_400;

export function ReplayDialog({
  endpoints,
  onReplayed,
  onClose,
}: {
  endpoints: readonly WebhookData[];
  onReplayed: () => void;
  onClose: () => void;
}) {
  const say = useWords(webhooksWords);
  const sayControl = useWords(controlWords);
  const format = useFormat();
  const { client } = useSession();
  const [endpoint, setEndpoint] = useState('');
  const [state, setState] = useState<(typeof states)[number] | ''>('failed');
  const [from, setFrom] = useState(() => toField(String(Math.floor(Date.now() / 1000) - daySeconds)));
  const [to, setTo] = useState('');
  const [busy, setBusy] = useState(false);
  const [count, setCount] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const id = useId();

  function submit(event: FormEvent): void {
    event.preventDefault();
    const end = fromField(to);
    setBusy(true);
    setError(null);
    setCount(null);
    client.webhooks
      .replayAll({
        from: fromField(from) ?? 0,
        ...(end === null ? {} : { to: end }),
        ...(endpoint === '' ? {} : { webhook_id: endpoint }),
        ...(state === '' ? {} : { state }),
      })
      .then(({ replayed }) => {
        setCount(replayed);
        onReplayed();
      }, setError)
      .finally(() => setBusy(false));
  }

  return (
    <Dialog title={say('replayRange')} onClose={onClose}>
      <form className="stack" onSubmit={submit}>
        <p>{say('replayRangeText')}</p>
        <div className="field">
          <label htmlFor={`${id}-endpoint`}>{say('endpoint')}</label>
          <select id={`${id}-endpoint`} value={endpoint} onChange={({ target }) => setEndpoint(target.value)}>
            <option value="">{sayControl('all')}</option>
            {endpoints.map(({ webhook_id: each, url }) => (
              <option key={each} value={each}>
                {url}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}-state`}>{say('state')}</label>
          <select
            id={`${id}-state`}
            value={state}
            onChange={({ target }) => setState(states.find((each) => each === target.value) ?? '')}
          >
            <option value="">{sayControl('all')}</option>
            {states.map((each) => (
              <option key={each} value={each}>
                {say(each)}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={`${id}-from`}>{say('from')}</label>
          <input
            id={`${id}-from`}
            type="datetime-local"
            required
            value={from}
            onChange={({ target }) => setFrom(target.value)}
          />
        </div>
        <div className="field">
          <label htmlFor={`${id}-to`}>{say('to')}</label>
          <input
            id={`${id}-to`}
            type="datetime-local"
            value={to}
            aria-describedby={`${id}-to-hint`}
            onChange={({ target }) => setTo(target.value)}
          />
          <span className="hint" id={`${id}-to-hint`}>
            {say('toHint')}
          </span>
        </div>
        {error !== null && <Problem error={error} isOnce />}
        <p role="status">{count !== null && say('replayed', { count: format.number(count) })}</p>
        <div className="row">
          <button type="submit" className="button primary" disabled={busy}>
            {say('replay')}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
