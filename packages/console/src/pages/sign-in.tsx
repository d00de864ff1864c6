// Signing in by key. A server that runs open needs none, and a tab that was reloaded still has its own.

import { ApiError, ConnectionError } from '@plantain/client';
import { type FormEvent, useEffect, useId, useState } from 'react';
import { Icon } from '../parts/icon.tsx';
import { Loading } from '../parts/loading.tsx';
import { Problem } from '../parts/problem.tsx';
import { openSession, type Session, storedKey } from '../session.tsx';
import { Choices } from '../shell.tsx';
import { useWords } from '../words/words.ts';
import { signInWords } from './sign-in-words.ts';

const retryMs = 2_000;

export function SignIn({ onDone }: { onDone: (opened: Omit<Session, 'signOut'>) => void }) {
  const say = useWords(signInWords);
  const [key, setKey] = useState('');
  const [trying, setTrying] = useState(true);
  const [error, setError] = useState<unknown>(null);
  const [round, setRound] = useState(0);
  const field = useId();
  const help = useId();

  // With the key of this tab, or without any, as on an open server.
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    openSession(storedKey(), abort.signal).then(onDone, (failure: unknown) => {
      if (abort.signal.aborted) return;
      if (failure instanceof ConnectionError) {
        setError(failure);
        timer = setTimeout(() => setRound((last) => last + 1), retryMs);
      } else {
        setError(storedKey() === '' ? null : failure);
        setTrying(false);
      }
    });
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [onDone, round]);

  if (trying && error === null) return <Loading />;

  function submit(event: FormEvent): void {
    event.preventDefault();
    const given = key.trim();
    if (given === '') {
      setError(new Error(say('empty')));
      return;
    }
    setTrying(true);
    openSession(given).then(onDone, (failure: unknown) => {
      const refused = failure instanceof ApiError && failure.status === 401;
      setError(refused ? new Error(say('refused')) : failure);
      setTrying(false);
    });
  }

  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <h1>
          <Icon name="plantain" /> Plantain
        </h1>
        <label htmlFor={field}>{say('label')}</label>
        <input
          id={field}
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={key}
          aria-describedby={help}
          onChange={({ target }) => setKey(target.value)}
        />
        {error !== null && <Problem error={error} />}
        <button type="submit" className="button primary" disabled={trying}>
          {say('submit')}
        </button>
        <div id={help} className="muted">
          <p>
            {say('where')
              .split('`')
              .map((part, index) => (index % 2 === 1 ? <code key={part}>{part}</code> : part))}
          </p>
          <p>{say('stays')}</p>
        </div>
        <Choices />
      </form>
    </main>
  );
}
