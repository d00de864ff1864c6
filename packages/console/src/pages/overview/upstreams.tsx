// The upstreams: present calls, the used part of their limits, and the state of each key.

import type { LimitUse, UpstreamData, UpstreamLimits } from '@plantain/client';
import { useSubmit } from '../../parts/form/use-submit.ts';
import { useFormat } from '../../parts/format/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { useNow } from '../../parts/use-now.ts';
import { useSession } from '../../session.tsx';
import { useWords } from '../../words/words.ts';
import { UpstreamKey } from './upstream-key.tsx';
import { UpstreamState } from './upstream-state.tsx';
import { overviewWords } from './words.ts';

export function Upstreams({
  upstreams,
  onResumed,
}: {
  upstreams: readonly UpstreamData[];
  /** Pauses were ended: what is shown has to be asked for anew. */
  onResumed: () => void;
}) {
  const say = useWords(overviewWords);
  const now = useNow();
  return (
    <section className="stack">
      <h2>{say('upstreams')}</h2>
      <div className="halves">
        {upstreams.map((upstream) => (
          <Upstream key={upstream.name} upstream={upstream} now={now} onResumed={onResumed} />
        ))}
      </div>
    </section>
  );
}

function Upstream({
  upstream,
  now,
  onResumed,
}: {
  upstream: UpstreamData;
  now: number;
  onResumed: () => void;
}) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const { name, kind, keys, models } = upstream;
  return (
    <article className="card stack">
      <div className="row">
        <h3>{name}</h3>
        {kind !== name && <span className="muted">{kind}</span>}
        <UpstreamState keys={keys} />
      </div>
      <dl className="facts">
        {keys.length === 1 && (
          <>
            <dt>{say('key')}</dt>
            <dd>
              <code>{keys[0]?.label}</code>
            </dd>
          </>
        )}
        <dt>{say('inFlight')}</dt>
        <dd>{format.number(upstream.in_flight)}</dd>
        <dt>{say('today')}</dt>
        <dd>
          {format.number(upstream.requests_today)}{' '}
          <span className="muted">
            ({say('resets', { when: format.relative(upstream.next_reset_at, now * 1000) })})
          </span>
        </dd>
        <dt>{say('serves')}</dt>
        <dd>
          {models.length === 0 ? say('servesNone') : <Names names={models.map(({ model }) => model)} />}
        </dd>
      </dl>
      <Limits limits={upstream.limits} />
      <ul className="upstream-keys">
        {keys.map((key) => (
          <li key={key.label} className="stack">
            <UpstreamKey state={key} isOnly={keys.length === 1} now={now} />
            <Limits limits={key.limits} />
          </li>
        ))}
      </ul>
      {keys.some(({ pauses }) => pauses.length > 0) && <ResumeButton name={name} onResumed={onResumed} />}
    </article>
  );
}

/** Button that ends a pause before its time: the next calls show whether its reason is gone. */
function ResumeButton({ name, onResumed }: { name: string; onResumed: () => void }) {
  const say = useWords(overviewWords);
  const { client } = useSession();
  const resume = useSubmit(() => client.admin.resumeUpstream(name).then(onResumed));
  return (
    <div className="row">
      <button type="button" className="button small" onClick={resume.submit}>
        <Icon name="retry" />
        {say('resume')}
      </button>
      {resume.error !== null && <Problem error={resume.error} isOnce />}
    </div>
  );
}

function Names({ names }: { names: readonly string[] }) {
  return (
    <ul className="names">
      {names.map((name) => (
        <li key={name}>
          <code>{name}</code>
        </li>
      ))}
    </ul>
  );
}

const limitNames = ['concurrency', 'requests_per_minute', 'pictures_per_minute', 'daily_requests'] as const;

/** Limits that are set, and the used part of each. */
function Limits({ limits }: { limits: UpstreamLimits }) {
  const say = useWords(overviewWords);
  const set = limitNames.flatMap((name) => {
    const use = limits[name];
    return use === undefined ? [] : [{ name, use }];
  });
  if (set.length === 0) return null;
  return (
    <dl className="limits">
      {set.map(({ name, use }) => (
        <div key={name}>
          <dt>{say(`limit_${name}`)}</dt>
          <dd>
            <Use use={use} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Use({ use: { used, limit } }: { use: LimitUse }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const share = Math.min(1, used / Math.max(1, limit));
  return (
    <>
      {say('used', { used: format.number(used), limit: format.number(limit) })}
      <div className="meter" data-tone={share < 1 ? 'plain' : 'warm'} aria-hidden="true">
        <div style={{ width: `${100 * share}%` }} />
      </div>
    </>
  );
}
