// Signing in by key. A server that runs open needs none, and a tab that was reloaded still has its own.

import { AuthenticationError } from '@plantain/client';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { isAway } from '../away.ts';
import { Icon } from '../parts/icon.tsx';
import { Loading } from '../parts/loading.tsx';
import { Problem } from '../parts/problem.tsx';
import { type Opened, openSession, storedKey } from '../session.tsx';
import { Choices } from '../shell.tsx';
import { useWords } from '../words/words.ts';
import { signInWords } from './sign-in-words.ts';

const retryMs = 2_000;

export function SignIn({ onDone, isRefused }: { onDone: (opened: Opened) => void; isRefused: boolean }) {
  const say = useWords(signInWords);
  const [key, setKey] = useState('');
  const input = useRef<HTMLInputElement>(null);
  const { isOpening, error: unopened } = useStoredKey(onDone);
  const [trying, setTrying] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const error = failure ?? unopened ?? (isRefused ? new Error(say('refused')) : null);
  const field = useId();
  const help = useId();

  if (isOpening && error === null) return <Loading />;

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (trying) return;
    const given = key.trim();
    const fail = (reason: unknown) => {
      setFailure(reason instanceof AuthenticationError ? new Error(say('refused')) : reason);
      setTrying(false);
      input.current?.focus();
    };
    if (given === '') {
      fail(new Error(say('empty')));
      return;
    }
    setTrying(true);
    openSession(given).then(onDone, fail);
  }

  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <h1>
          <Icon name="plantain" /> Plantain
        </h1>
        <label htmlFor={field}>{say('label')}</label>
        <input
          ref={input}
          id={field}
          type="password"
          autoComplete="off"
          autoFocus
          spellCheck={false}
          value={key}
          aria-invalid={failure !== null}
          aria-describedby={help}
          onChange={({ target }) => setKey(target.value)}
        />
        {error !== null && <Problem error={error} />}
        <button type="submit" className="button primary" aria-disabled={trying}>
          {say(trying ? 'trying' : 'submit')}
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

/** Tries the key of this tab, or none, as on an open server, and again while the server is away. */
function useStoredKey(onDone: (opened: Opened) => void): { isOpening: boolean; error: unknown } {
  const say = useWords(signInWords);
  const [round, setRound] = useState(0);
  const [state, setState] = useState<{ isOpening: boolean; error: unknown }>({
    isOpening: true,
    error: null,
  });
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    openSession(storedKey(), abort.signal).then(onDone, (failure: unknown) => {
      if (abort.signal.aborted) return;
      if (isAway(failure)) {
        setState({ isOpening: true, error: failure });
        timer = setTimeout(() => setRound((last) => last + 1), retryMs);
        return;
      }
      const isRefusal = failure instanceof AuthenticationError;
      const said = isRefusal ? (storedKey() === '' ? null : new Error(say('refused'))) : failure;
      setState({ isOpening: false, error: said });
    });
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [onDone, round, say]);
  return state;
}
