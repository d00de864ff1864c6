// The key that is signed in: what it may do, what is left of its budget and limits, and how much the operator sees.

import type { MeData, Standing } from '@plantain/client';
import { useCallback } from 'react';
import { Fact, Facts } from '../../parts/facts/facts.tsx';
import { useFormat } from '../../parts/format/format.ts';
import { BudgetText, LimitsText } from '../../parts/limited/limited-text.tsx';
import { limitedWords } from '../../parts/limited/words.ts';
import { Problem } from '../../parts/notice/problem.tsx';
import { runsOpen, useSession } from '../../session.tsx';
import { useLoad } from '../../use-load.ts';
import { pageNames } from '../../words/page-names.ts';
import { useWords } from '../../words/words.ts';
import { Sessions } from './sessions.tsx';
import { accountWords } from './words.ts';

const everyMs = 15_000;

export default function Account() {
  const say = useWords(accountWords);
  const sayPage = useWords(pageNames);
  const { client, me: signedIn } = useSession();
  const load = useCallback((signal: AbortSignal) => client.me({ signal }), [client]);
  const { value: me = signedIn, error, reload } = useLoad(load, { everyMs });
  return (
    <div className="page">
      <div className="page-head">
        <h1>{sayPage('account')}</h1>
      </div>
      {error !== undefined && <Problem error={error} onRetry={reload} />}
      <KeyCard me={me} />
      <section className="card stack">
        <h2>{say('operator')}</h2>
        <p>{say(`sees_${me.operator_sees}`)}</p>
      </section>
      <StandingCard title={say('ofKey')} of={me} />
      {me.owner !== null && <StandingCard title={say('ofOwner', { name: me.owner.name })} of={me.owner} />}
      {!runsOpen(me) && <Sessions />}
    </div>
  );
}

function KeyCard({ me }: { me: MeData }) {
  const say = useWords(accountWords);
  const format = useFormat();
  return (
    <section className="card stack">
      <h2>{me.name}</h2>
      <Facts>
        <Fact name={say('key')}>
          <code>{me.key_id}</code> {me.hint !== '' && <code className="muted">{me.hint}…</code>}
        </Fact>
        {me.owner !== null && (
          <Fact name={say('owner')}>
            {me.owner.name} <code className="muted">{me.owner.owner_id}</code>
          </Fact>
        )}
        <Fact name={say('scopes')}>{me.scopes.join(', ')}</Fact>
        <Fact name={say('models')}>{me.models?.join(', ') ?? say('allModels')}</Fact>
        <Fact name={say('priority')}>{format.number(me.priority_max)}</Fact>
        <Fact name={say('expires')}>
          {me.expires_at === null ? say('never') : format.time(me.expires_at)}
        </Fact>
      </Facts>
    </section>
  );
}

function StandingCard({ title, of: { limits, used, budget } }: { title: string; of: Standing }) {
  const say = useWords(limitedWords);
  return (
    <section className="card stack">
      <h2>{title}</h2>
      <Facts>
        <Fact name={say('budget')}>
          <BudgetText budget={budget} />
        </Fact>
        <Fact name={say('limits')}>
          <LimitsText limits={limits} used={used} />
        </Fact>
      </Facts>
    </section>
  );
}
