// The sessions of the key that is signed in, and the way out of all of them.

import type { SessionData } from '@plantain/client';
import { Fact, Facts, Time } from '../../parts/facts/facts.tsx';
import { useFormat } from '../../parts/format/format.ts';
import { useSubmit } from '../../parts/form/use-submit.ts';
import { Problem } from '../../parts/notice/problem.tsx';
import { useSession } from '../../session.tsx';
import { listSessions } from '../../session-calls.ts';
import { useLoad } from '../../use-load.ts';
import { useWords } from '../../words/words.ts';
import { accountWords } from './words.ts';

const everyMs = 15_000;

export function Sessions() {
  const say = useWords(accountWords);
  const { signOut } = useSession();
  const { value: sessions = [], error: unlisted, reload } = useLoad(listSessions, { everyMs });
  const { submit, isBusy, error } = useSubmit(() => signOut('all sessions'));
  return (
    <section className="card stack">
      <h2>{say('sessions')}</h2>
      {unlisted !== undefined && <Problem error={unlisted} onRetry={reload} />}
      <Facts>
        {sessions.map((session) => (
          <SessionFact key={session.session_id} session={session} />
        ))}
      </Facts>
      <p>{say('sessionsText')}</p>
      {error !== null && <Problem error={error} isOnce />}
      <div className="row">
        <button type="button" className="button" disabled={isBusy} onClick={submit}>
          {say('signOutEverywhere')}
        </button>
      </div>
    </section>
  );
}

function SessionFact({ session }: { session: SessionData }) {
  const say = useWords(accountWords);
  const format = useFormat();
  const begun = format.time(session.create_time);
  return (
    <Fact name={say(session.current ? 'thisSession' : 'otherSession')}>
      {say(`begun_${session.signed_in_by}`, { time: begun })}
      <br />
      {say('lastUsed')} <Time at={session.last_used_at} />
      <br />
      <span className="muted">{session.user_agent}</span>
    </Fact>
  );
}
