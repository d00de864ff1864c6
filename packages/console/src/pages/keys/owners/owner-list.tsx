// The list of owners: what each may do, what is left, and buttons to change or delete it.

import type { OwnerData } from '@plantain/client';
import { Fact, Facts } from '../../../parts/facts/facts.tsx';
import { useFormat } from '../../../parts/format/format.ts';
import { BudgetText, LimitsText } from '../../../parts/limited/limited-text.tsx';
import { limitedWords } from '../../../parts/limited/words.ts';
import { useWords } from '../../../words/words.ts';
import type { OpenOwnerDialog } from './owner-dialog.tsx';
import { ownersWords } from './words.ts';

export function OwnerList({
  owners,
  onOpen,
}: {
  owners: readonly OwnerData[];
  onOpen: (open: OpenOwnerDialog) => void;
}) {
  const say = useWords(ownersWords);
  return (
    <ul className="keys">
      {owners.map((owner) => (
        <li key={owner.owner_id} className="card key">
          <OwnerFacts of={owner} />
          <div className="row">
            <button type="button" className="button small" onClick={() => onOpen({ kind: 'edit', owner })}>
              {say('edit')}
              <span className="visually-hidden"> {owner.name}</span>
            </button>
            <button
              type="button"
              className="button small danger"
              onClick={() => onOpen({ kind: 'delete', owner })}
            >
              {say('delete')}
              <span className="visually-hidden"> {owner.name}</span>
            </button>
          </div>
        </li>
      ))}
    </ul>
  );
}

function OwnerFacts({ of: owner }: { of: OwnerData }) {
  const say = useWords(ownersWords);
  const sayLimited = useWords(limitedWords);
  const format = useFormat();
  return (
    <div className="stack">
      <div className="row">
        <h2>{owner.name}</h2>
        <span className="badge">{say('keyCount', { count: format.number(owner.key_count) })}</span>
        {owner.shared && <span className="badge">{say('sharedBadge')}</span>}
      </div>
      <Facts>
        <Fact name={sayLimited('budget')}>
          <BudgetText budget={owner.in_force.budget} isDefault={owner.budget === null} />
        </Fact>
        <Fact name={sayLimited('limits')}>
          <LimitsText {...owner.in_force} own={owner.limits} />
        </Fact>
        <Fact name={say('weight')}>{format.number(owner.weight)}</Fact>
        <Fact name={say('lastUsed')}>
          {owner.last_used_at === null ? say('never') : format.time(owner.last_used_at)}
        </Fact>
        <Fact name={say('created')}>{format.time(owner.create_time)}</Fact>
        <Fact name={say('id')}>
          <code>{owner.owner_id}</code>
        </Fact>
      </Facts>
    </div>
  );
}
