// How each upstream and each of its keys is: open circuits and pauses, and when they end.

import type { UpstreamData, UpstreamKeyData } from '@plantain/client';
import { useFormat } from '../../parts/format.ts';
import { useWords } from '../../words/words.ts';
import { overviewWords } from './words.ts';

const tones = {
  available: 'good',
  limited: 'warn',
  probing: 'warn',
  circuit_open: 'bad',
  paused: 'bad',
} as const;

export function Upstreams({ upstreams }: { upstreams: readonly UpstreamData[] }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  return (
    <section className="stack">
      <h2>{say('upstreams')}</h2>
      <div className="halves">
        {upstreams.map((upstream) => (
          <article key={upstream.name} className="card stack">
            <div className="row">
              <h3>{upstream.name}</h3>
              <span className="muted">{upstream.kind}</span>
            </div>
            <p className="muted">
              {say('inFlight')}: {format.number(upstream.in_flight)} · {say('today')}:{' '}
              {format.number(upstream.requests_today)} (
              {say('resets', { when: format.relative(upstream.next_reset_at) })})
            </p>
            {upstream.keys.map((key) => (
              <Key key={key.label} state={key} />
            ))}
          </article>
        ))}
      </div>
    </section>
  );
}

function Key({ state: key }: { state: UpstreamKeyData }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const { circuit, pauses, recent_errors: errors } = key;
  return (
    <div className="stack">
      <div className="row">
        <code>{key.label}</code>
        <span className="badge" data-state={tones[key.state]}>
          {say(`state_${key.state}`)}
        </span>
      </div>
      {circuit.opens_again_at !== undefined && (
        <p>{say('opens', { when: format.relative(circuit.opens_again_at) })}</p>
      )}
      {pauses.map(({ message, until, model }) => (
        <p key={`${model} ${message}`}>
          {until === null
            ? say('pausedForGood', { message })
            : say('pausedUntil', { message, when: format.time(until) })}
        </p>
      ))}
      {errors.map(({ type, count, upstream_reason: reason }) => (
        <p key={`${type} ${reason}`} className="muted">
          {say('recentErrors', { count, type })}
          {reason === null ? '' : `: ${reason}`}
        </p>
      ))}
    </div>
  );
}
