// One key of an upstream: whether it can be used, and if not, why, and when it can be again.

import type { UpstreamKeyData } from '@plantain/client';
import type { ReactNode } from 'react';
import { useFormat } from '../../parts/format/format.ts';
import { Icon, type IconName } from '../../parts/icon.tsx';
import { useWords } from '../../words/words.ts';
import { FailureName } from './failures.tsx';
import { KeyState } from './upstream-state.tsx';
import { overviewWords } from './words.ts';

interface KeyProps {
  state: UpstreamKeyData;
  /** Whether the upstream has no other key: then what stands at the upstream is not repeated. */
  isOnly: boolean;
  /** Unix seconds. */
  now: number;
}

/** The server begins with this many, and takes fewer once calls were refused. */
const maxAtOnce = 1_000;

export function UpstreamKey({ state: key, isOnly, now }: KeyProps) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const bearsFewer = key.concurrency_limit < (key.limits.concurrency?.limit ?? maxAtOnce);
  return (
    <>
      {(!isOnly || bearsFewer) && (
        <div className="row">
          {!isOnly && (
            <>
              <code>{key.label}</code>
              <KeyState state={key.state} />
              <span className="muted">
                {say('keyCalls', {
                  now: format.number(key.in_flight),
                  today: format.number(key.requests_today),
                })}
              </span>
            </>
          )}
          {bearsFewer && (
            <span className="muted">{say('keyBears', { most: format.number(key.concurrency_limit) })}</span>
          )}
        </div>
      )}
      <Circuit circuit={key.circuit} now={now} />
      {key.pauses.map((pause) => (
        <Pause key={`${pause.model} ${pause.reason}`} pause={pause} now={now} />
      ))}
      {key.recent_errors.length > 0 && <RecentErrors errors={key.recent_errors} now={now} />}
    </>
  );
}

function Note({ icon, children }: { icon: IconName; children: ReactNode }) {
  return (
    <div className="note">
      <Icon name={icon} />
      <div>{children}</div>
    </div>
  );
}

function Circuit({ circuit, now }: { circuit: UpstreamKeyData['circuit']; now: number }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const { state, opens_again_at: at } = circuit;
  if (state === 'closed') return null;
  // The server may have let a call through since.
  const isOver = state === 'half_open' || at === undefined || Number(at) <= now;
  return (
    <Note icon="warn">
      <p>{say('circuit')}</p>
      <p className="muted">
        {isOver ? say('circuitProbes') : say('circuitOpens', until(at, { format, now }))}
      </p>
    </Note>
  );
}

function Pause({
  pause: { model, reason, message, until: at },
  now,
}: {
  pause: UpstreamKeyData['pauses'][number];
  now: number;
}) {
  const say = useWords(overviewWords);
  const format = useFormat();
  return (
    <Note icon={at === null ? 'warn' : 'clock'}>
      <p>
        {say(`pause_${reason}`)}{' '}
        <span className="muted">
          {model === null ? (
            say('allModels')
          ) : (
            <>
              {say('onlyModel')} <code>{model}</code>
            </>
          )}
        </span>
      </p>
      {at === null ? (
        <p className="muted">{say('untilResumed')}</p>
      ) : (
        <p className="muted">{say('until', until(at, { format, now }))}</p>
      )}
      {/* The server's own words, which are English. */}
      <p className="muted quoted" lang="en">
        {message}
      </p>
    </Note>
  );
}

function RecentErrors({ errors, now }: { errors: UpstreamKeyData['recent_errors']; now: number }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  return (
    <div className="recent-errors">
      <p className="muted">{say('recentErrors')}</p>
      <ul>
        {errors.map(({ type, count, upstream_reason: reason, last_at: at }) => (
          <li key={type}>
            {format.number(count)} × <FailureName type={type} />{' '}
            <span className="muted">
              {'· '}
              {say('lastAt', { when: format.relative(at, now * 1000) })}
              {reason !== null && (
                <>
                  {' · '}
                  <code lang="en">{reason}</code>
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function until(at: string, { format, now }: { format: ReturnType<typeof useFormat>; now: number }) {
  return { when: format.relative(at, now * 1000), time: format.time(at) };
}
