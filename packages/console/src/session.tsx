// Who is signed in. The key lives in this tab's session storage: a reload keeps it, closing the tab ends it, and it never
// stands in an address. Who signs out leaves nothing behind; a key that the server does not take any more leads back to where one
// signs in, and what was typed waits there for another key.

import { createClient, type MeData, type PlantainClient } from '@plantain/client';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { forgetAll } from './stored.ts';

export interface Session {
  client: PlantainClient;
  me: MeData;
  signOut: () => void;
}

export interface Opened extends Omit<Session, 'signOut'> {
  /** Has `told` called when the server refuses the key from now on. */
  onRefused: (told: () => void) => void;
}

const SessionContext = createContext<Session | null>(null);
const keyName = 'plantain.key';

/** Where the server is: the folder of this page, whatever path prefix it lies behind. */
export const serverUrl = new URL('.', document.baseURI).href.replace(/\/$/, '');

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession is used outside of its provider.');
  return session;
}

export function storedKey(): string {
  return sessionStorage.getItem(keyName) ?? '';
}

/** Throws `ApiError` where the key is not one, and `ConnectionError`. The empty key is right on a server that runs open. */
export async function openSession(apiKey: string, signal?: AbortSignal): Promise<Opened> {
  let tellRefused = () => {};
  const client = createClient({
    baseUrl: serverUrl,
    // Few tries: what fails is loaded again by the page, which tells the person meanwhile.
    maxRetries: 2,
    ...(apiKey === '' ? {} : { apiKey }),
    async fetch(url, init) {
      const response = await fetch(url, init);
      if (response.status === 401) tellRefused();
      return response;
    },
  });
  const me = await client.me(signal === undefined ? {} : { signal });
  if (apiKey !== '') sessionStorage.setItem(keyName, apiKey);
  return { client, me, onRefused: (told) => (tellRefused = told) };
}

export function SessionProvider({
  children,
  signIn,
}: {
  children: ReactNode;
  /**
   * What is shown while nobody is signed in; it calls its argument with what `openSession` gave. `isRefused`: the key that was signed
   * in is not taken any more.
   */
  signIn: (done: (opened: Opened) => void, isRefused: boolean) => ReactNode;
}) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const [isRefused, setRefused] = useState(false);
  const signOut = useCallback(() => {
    forgetAll();
    setRefused(false);
    setOpened(null);
  }, []);
  const start = useCallback((next: Opened) => {
    next.onRefused(() => {
      sessionStorage.removeItem(keyName);
      setRefused(true);
      setOpened(null);
    });
    setRefused(false);
    setOpened(next);
  }, []);
  const session = useMemo(() => (opened === null ? null : { ...opened, signOut }), [opened, signOut]);
  if (session === null) return signIn(start, isRefused);
  return <SessionContext value={session}>{children}</SessionContext>;
}
