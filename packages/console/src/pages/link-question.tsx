// The question whether a sign-in link is to be used by somebody who is signed in already.

import { useCallback } from 'react';
import { useSubmit } from '../parts/form/use-submit.ts';
import { Icon } from '../parts/icon.tsx';
import { Problem } from '../parts/notice/problem.tsx';
import {
  CookieLostError,
  dropLink,
  type Known,
  LinkRefusedError,
  type Opened,
  signInByLink,
} from '../session.tsx';
import { useWords } from '../words/words.ts';
import { signInWords } from './sign-in-words.ts';

export function LinkQuestion({ opened, link, onDone }: Known & { onDone: (opened: Opened) => void }) {
  const say = useWords(signInWords);
  const sayFailure = useSignInFailure();
  const { name, hint } = opened.me;
  const { submit, isBusy, error } = useSubmit(() => signInByLink(link).then(onDone));
  const stay = () => {
    dropLink();
    onDone(opened);
  };
  return (
    <main className="sign-in">
      <form onSubmit={submit}>
        <h1>
          <Icon name="plantain" /> Plantain
        </h1>
        <p>
          {say('byLinkText', { name })} {hint !== '' && <code className="muted">{hint}…</code>}
        </p>
        {error !== null && <Problem error={sayFailure(error)} isOnce />}
        <button type="button" className="button" autoFocus onClick={stay}>
          {say('stay', { name })}
        </button>
        <button type="submit" className="button primary" disabled={isBusy}>
          {say('byLink')}
        </button>
      </form>
    </main>
  );
}

/** Hook that gives the words for what a sign-in failed with, where it has some of its own. */
export function useSignInFailure(): (failure: unknown) => unknown {
  const say = useWords(signInWords);
  return useCallback(
    (failure) => {
      if (failure instanceof LinkRefusedError) return new Error(say('linkRefused'));
      return failure instanceof CookieLostError ? new Error(say('cookieLost')) : failure;
    },
    [say],
  );
}
