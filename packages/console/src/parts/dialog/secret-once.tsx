// A secret that its server shows once. It lies above every page, so that neither Back nor a link nor another page loses it, and it stays
// until its person says that it is saved; a reload asks first. It is kept in memory only, and who signs out leaves none behind.

import { useEffect, useState, useSyncExternalStore } from 'react';
import { onForget } from '../../stored.ts';
import { secretWords } from '../../words/secret.ts';
import { useWords } from '../../words/words.ts';
import { CopyButton } from '../form/copy-button.tsx';
import { Dialog } from './dialog.tsx';
import './secret-once.css';

export interface OnceShown {
  title: string;
  secret: string;
  /** Sentences before the secret and after it, in the language of the person. */
  before: readonly string[];
  after?: string;
}

let shown: OnceShown | null = null;
const listeners = new Set<() => void>();

/** Shows the secret in front of the open page. */
export function showOnce(made: OnceShown): void {
  set(made);
}

onForget(() => set(null));

function set(next: OnceShown | null): void {
  shown = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Window with the secret that was made last; used once in the application, above its pages. */
export function SecretOnce() {
  const made = useSyncExternalStore(subscribe, () => shown);
  return made === null ? null : <Shown key={made.secret} made={made} />;
}

function Shown({ made: { title, secret, before, after } }: { made: OnceShown }) {
  const say = useWords(secretWords);
  const [isWarned, setWarned] = useState(false);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, []);
  return (
    <Dialog title={title} onRefusal={() => setWarned(true)} onClose={() => {}}>
      <div className="stack">
        {before.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        <pre tabIndex={0} className="secret">
          {secret}
        </pre>
        {after !== undefined && <p className="muted">{after}</p>}
        <div className="row">
          <CopyButton text={secret} />
          <button type="button" className="button primary" onClick={() => set(null)}>
            {say('saved')}
          </button>
        </div>
        <p role="alert" className="secret-warning">
          {isWarned && say('notSaved')}
        </p>
      </div>
    </Dialog>
  );
}
