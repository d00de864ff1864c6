// A key in the list: its name and state, and what it may do and spend, where that is not all.

import type { KeyData } from '@plantain/client';
import { Fact, Facts } from '../../parts/facts/facts.tsx';
import { useFormat } from '../../parts/format/format.ts';
import { BudgetText, LimitsText } from '../../parts/limited/limited-text.tsx';
import { limitedWords } from '../../parts/limited/words.ts';
import { useSession } from '../../session.tsx';
import { useWords } from '../../words/words.ts';
import { stateOf } from './key-state.ts';
import { keysWords } from './words.ts';

/** `owner` is the name of the key's owner; `null` where it is its own. */
export function KeyFacts({ of: key, owner }: { of: KeyData; owner: string | null }) {
  const say = useWords(keysWords);
  const { me } = useSession();
  const state = stateOf(key);
  return (
    <div className="stack">
      <div className="row">
        <h2>{key.name}</h2>
        <span className="badge" data-state={state === 'active' ? 'good' : 'bad'}>
          {say(state)}
        </span>
        <span className="badge">{say(`role_${key.role}`)}</span>
        {key.key_id === me.key_id && <span className="badge">{say('own')}</span>}
        {key.declared_as !== null && <span className="badge">{say('declared')}</span>}
      </div>
      <Times of={key} />
      {state !== 'revoked' && <Rights of={key} owner={owner} />}
    </div>
  );
}

function Times({ of: key }: { of: KeyData }) {
  const say = useWords(keysWords);
  const format = useFormat();
  const { expires_at: expires, revoked_at: revoked, last_used_at: used } = key;
  const previous = key.previous_secret_expires_at;
  const isOver = (time: string) => Number(time) * 1000 <= Date.now();
  return (
    <p className="key-facts muted">
      {key.hint !== '' && <code>{key.hint}…</code>}
      <span>{say('madeAt', { when: format.time(key.create_time) })}</span>
      <span>{used === null ? say('neverUsed') : say('usedAt', { when: format.time(used) })}</span>
      {revoked !== null && <span>{say('revokedAt', { when: format.time(revoked) })}</span>}
      {revoked === null && expires !== null && (
        <span>{say(isOver(expires) ? 'expiredAt' : 'expiresAt', { when: format.time(expires) })}</span>
      )}
      {revoked === null && previous !== null && !isOver(previous) && (
        <span>{say('previousUntil', { when: format.time(previous) })}</span>
      )}
    </p>
  );
}

function Rights({ of: key, owner }: { of: KeyData; owner: string | null }) {
  const say = useWords(keysWords);
  const sayLimited = useWords(limitedWords);
  const format = useFormat();
  const { scopes, models, networks, priority_max: priority, in_force: inForce } = key;
  return (
    <Facts>
      {owner !== null && <Fact name={say('owner')}>{owner}</Fact>}
      <Fact name={say('scopes')}>{scopes.join(', ')}</Fact>
      {models !== null && <Fact name={say('models')}>{models.join(', ')}</Fact>}
      {networks !== null && <Fact name={say('networks')}>{networks.join(', ')}</Fact>}
      {priority > 0 && <Fact name={say('priority')}>{format.number(priority)}</Fact>}
      {inForce.budget !== null && (
        <Fact name={sayLimited('budget')}>
          <BudgetText budget={inForce.budget} isDefault={key.budget === null} />
        </Fact>
      )}
      {Object.keys(inForce.limits).length > 0 && (
        <Fact name={sayLimited('limits')}>
          <LimitsText {...inForce} own={key.limits} />
        </Fact>
      )}
    </Facts>
  );
}
