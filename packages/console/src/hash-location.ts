// The location of the page: the part of the address behind `#`, with a query of its own. It is never sent to a server, and a link to a list
// with its filters is one piece. The router's own hook would put the query before the `#`, where it outlives the page that it belongs to.

import { useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) addEventListener('popstate', notify);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) removeEventListener('popstate', notify);
  };
}

function notify(): void {
  for (const listener of listeners) listener();
}

/** `/tasks` and `state=error` of `#/tasks?state=error`. */
export function splitHash(hash: string): { path: string; query: string } {
  const [path = '', ...query] = hash.replace(/^#?\/?/, '').split('?');
  return { path: `/${path}`, query: query.join('?') };
}

function navigate(to: string, { replace = false }: { replace?: boolean } = {}): void {
  history[replace ? 'replaceState' : 'pushState'](null, '', `#${to}`);
  // A new page begins at its top; the browser restores the scroll of the one before. Before the listeners, so that a page can scroll itself.
  if (!replace) scrollTo(0, 0);
  notify();
}

/** For the `Router`. */
export function useHashLocation(): [string, typeof navigate] {
  return [useSyncExternalStore(subscribe, () => splitHash(location.hash).path), navigate];
}
useHashLocation.hrefs = (href: string) => `#${href}`;
useHashLocation.searchHook = () => useSyncExternalStore(subscribe, () => splitHash(location.hash).query);
