// Where a page breaks, the menu and the other pages go on. Files that did not come, because the server is away or has been replaced by
// another version meanwhile, are had by loading everything anew as soon as it answers: browsers remember files that failed. Nothing
// is lost by that, as what a person typed is kept.

import { ConnectionError } from '@plantain/client';
import { Component, type ReactNode, useEffect } from 'react';
import { PageNotLoadedError } from './lazy-page.ts';
import { Icon } from './parts/icon.tsx';
import { Problem } from './parts/notice/problem.tsx';
import { useSession } from './session.tsx';
import { pageFaultWords } from './words/page-faults.ts';
import { useWords } from './words/words.ts';

const retryMs = 2_000;
const reloadedName = 'plantain.reloaded';
/** Files that do not come so soon after everything was loaded anew will not come by doing it again. */
const tooSoonMs = 20_000;

export class PageBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override state = { error: null as unknown };

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return error instanceof PageNotLoadedError && !wasJustReloaded() ? <Reconnecting /> : <Broken />;
  }
}

function wasJustReloaded(): boolean {
  return Date.now() - Number(sessionStorage.getItem(reloadedName) ?? 0) < tooSoonMs;
}

function Reconnecting() {
  const { client } = useSession();
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () => {
      client.me({ signal: abort.signal }).then(
        () => {
          sessionStorage.setItem(reloadedName, String(Date.now()));
          location.reload();
        },
        () => (timer = setTimeout(ask, retryMs)),
      );
    };
    ask();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [client]);
  return <Problem error={new ConnectionError('The server can’t be reached.')} />;
}

function Broken() {
  const say = useWords(pageFaultWords);
  return (
    <div className="problem" role="alert">
      <Icon name="warn" />
      <div>
        <p>{say('pageBroken')}</p>
      </div>
      <button type="button" className="button" onClick={() => location.reload()}>
        {say('reload')}
      </button>
    </div>
  );
}
