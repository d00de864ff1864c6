// Signing in by key. A server that runs open needs none, who is signed in already needs none either, and a link signs in by itself where nobody is.

import { AuthenticationError } from '@plantain/client';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { isAway } from '../away.ts';
import { Icon } from '../parts/icon.tsx';
import { Loading } from '../parts/notice/loading.tsx';
import { Problem } from '../parts/notice/problem.tsx';
import { openKnownSession, type Known, type Opened, signIn, type SignedOut } from '../session.tsx';
import { Choices } from '../shell.tsx';
import { useWords } from '../words/words.ts';
import { LinkQuestion, useSignInFailure } from './link-question.tsx';
import { signInWords } from './sign-in-words.ts';

const retryMs = 2_000;

export function SignIn({ onDone, why }: { onDone: (opened: Opened) => void; why: SignedOut }) {
  const say = useWords(signInWords);
  const [key, setKey] = useState('');
  const [keep, setKeep] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const { isOpening, error: unopened, asked } = useKnownKey(onDone, why);
  const [trying, setTrying] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const error = failure ?? unopened ?? (why === 'refused' ? new Error(say('ended')) : null);
  const sayFailure = useSignInFailure();
  const field = useId();
  const help = useId();

  if (asked !== undefined) return <LinkQuestion {...asked} onDone={onDone} />;
  if (isOpening && error === null) return <Loading />;

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (trying) return;
    const given = key.trim();
    const fail = (reason: unknown) => {
      setFailure(reason instanceof AuthenticationError ? new Error(say('refused')) : sayFailure(reason));
      setTrying(false);
      input.current?.focus();
    };
    if (given === '') {
      fail(new Error(say('empty')));
      return;
    }
    setTrying(true);
    signIn({ key: given, keep }).then(onDone, fail);
  }

  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <h1>
          <Icon name="plantain" /> Plantain
        </h1>
        {/* Managers of passwords look for a name beside each. */}
        <input type="text" name="username" autoComplete="username" value="Plantain" readOnly hidden />
        <label htmlFor={field}>{say('label')}</label>
        <input
          ref={input}
          id={field}
          type="password"
          name="password"
          autoComplete="current-password"
          autoFocus
          spellCheck={false}
          value={key}
          aria-invalid={failure !== null}
          aria-describedby={help}
          onChange={({ target }) => setKey(target.value)}
        />
        <label className="row">
          <input type="checkbox" checked={keep} onChange={({ target }) => setKeep(target.checked)} />
          <span>{say('keep')}</span>
        </label>
        {error !== null && <Problem error={error} isOnce={failure !== null} />}
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

interface KnownKey {
  isOpening: boolean;
  error: unknown;
  /** Session and link between which the person has to choose. */
  asked?: Known;
}

/** Hook that signs in without asking where it can, and tries again while the server is away. After a sign-out nothing is tried. */
function useKnownKey(onDone: (opened: Opened) => void, why: SignedOut): KnownKey {
  const sayFailure = useSignInFailure();
  const [round, setRound] = useState(0);
  const [state, setState] = useState<KnownKey>({ isOpening: why !== 'left', error: null });
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    if (why === 'left') return undefined;
    const take = (known: Known) => {
      if (known.link === '') onDone(known.opened);
      else if (!abort.signal.aborted) setState({ isOpening: false, error: null, asked: known });
    };
    openKnownSession(abort.signal).then(take, (failure: unknown) => {
      if (abort.signal.aborted) return;
      if (isAway(failure)) {
        setState({ isOpening: true, error: failure });
        timer = setTimeout(() => setRound((last) => last + 1), retryMs);
        return;
      }
      const said = failure instanceof AuthenticationError ? null : sayFailure(failure);
      setState({ isOpening: false, error: said });
    });
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [onDone, round, sayFailure, why]);
  return state;
}
