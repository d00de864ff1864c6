// The list of keys: owner, state, rights and what is left of each, and buttons to change, roll or revoke it.

import type { KeyData, OwnerData } from '@plantain/client';
import { hasWords } from '../../parts/form/has-words.ts';
import { useWords } from '../../words/words.ts';
import type { OpenKeyDialog } from './key-dialog.tsx';
import { KeyFacts } from './key-facts.tsx';
import { stateOf } from './key-state.ts';
import { keysWords } from './words.ts';

export function KeyList({
  keys,
  owners,
  search,
  onOpen,
}: {
  keys: readonly KeyData[];
  owners: readonly OwnerData[];
  /** Words of the name, the beginning, the owner, the role or the state. */
  search: string;
  onOpen: (open: OpenKeyDialog) => void;
}) {
  const say = useWords(keysWords);
  const names = new Map(owners.map(({ owner_id: id, name }) => [id, name]));
  const ownerOf = ({ owner_id: id }: KeyData) => (id === null ? null : (names.get(id) ?? id));
  const found = keys.filter((key) =>
    hasWords(
      `${key.name} ${key.hint} ${ownerOf(key) ?? ''} ${say(`role_${key.role}`)} ${say(stateOf(key))}`,
      search,
    ),
  );
  if (found.length === 0) return <p className="muted">{say('notFound')}</p>;
  return (
    <ul className="keys">
      {found.map((key) => (
        <li key={key.key_id} className="card key">
          <KeyFacts of={key} owner={ownerOf(key)} />
          {key.revoked_at === null && (
            <div className="row">
              {(['edit', 'roll', 'revoke'] as const).map((word) => (
                <button
                  key={word}
                  type="button"
                  className={word === 'revoke' ? 'button small danger' : 'button small'}
                  onClick={() => onOpen({ kind: word, key })}
                >
                  {say(word)}
                  <span className="visually-hidden"> {key.name}</span>
                </button>
              ))}
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
