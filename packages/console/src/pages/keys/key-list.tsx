// The list of keys: name, state, and buttons to change or revoke each.

import type { KeyData } from '@plantain/client';
import { useFormat } from '../../parts/format/format.ts';
import { hasWords } from '../../parts/form/has-words.ts';
import { useSession } from '../../session.tsx';
import { useWords } from '../../words/words.ts';
import { keysWords } from './words.ts';

export function KeyList({
  keys,
  search,
  onEdit,
  onRevoke,
}: {
  keys: readonly KeyData[];
  /** Words of the name, the beginning, the role or the state. */
  search: string;
  onEdit: (key: KeyData) => void;
  onRevoke: (key: KeyData) => void;
}) {
  const say = useWords(keysWords);
  const found = keys.filter((key) =>
    hasWords(`${key.name} ${key.hint} ${say(`role_${key.role}`)} ${say(stateOf(key))}`, search),
  );
  if (found.length === 0) return <p className="muted">{say('notFound')}</p>;
  return (
    <ul className="keys">
      {found.map((key) => (
        <li key={key.key_id} className="card key">
          <Facts of={key} />
          {key.revoked_at === null && (
            <div className="row">
              <Action word="edit" of={key} onClick={onEdit} />
              <Action word="revoke" of={key} onClick={onRevoke} />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

function stateOf({ revoked_at: revoked, expires_at: expires }: KeyData): 'revoked' | 'expired' | 'active' {
  if (revoked !== null) return 'revoked';
  return expires !== null && Number(expires) * 1000 <= Date.now() ? 'expired' : 'active';
}

function Facts({ of: key }: { of: KeyData }) {
  const say = useWords(keysWords);
  const format = useFormat();
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
      </div>
      <p className="key-facts muted">
        {key.hint !== '' && <code>{key.hint}…</code>}
        <span>{say('madeAt', { when: format.time(key.create_time) })}</span>
        {key.revoked_at !== null && <span>{say('revokedAt', { when: format.time(key.revoked_at) })}</span>}
        {key.revoked_at === null && key.expires_at !== null && (
          <span>
            {say(state === 'expired' ? 'expiredAt' : 'expiresAt', { when: format.time(key.expires_at) })}
          </span>
        )}
      </p>
    </div>
  );
}

function Action({
  word,
  of: key,
  onClick,
}: {
  word: 'edit' | 'revoke';
  of: KeyData;
  onClick: (key: KeyData) => void;
}) {
  const say = useWords(keysWords);
  return (
    <button
      type="button"
      className={word === 'revoke' ? 'button small danger' : 'button small'}
      onClick={() => onClick(key)}
    >
      {say(word)}
      <span className="visually-hidden"> {key.name}</span>
    </button>
  );
}
