// Who is signed in. The key lives in this tab's session storage: a reload keeps it, closing the tab ends it, and it never
// stands in an address.

import { createClient, type MeData, type PlantainClient } from '@plantain/client';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';

export interface Session {
  client: PlantainClient;
  me: MeData;
  signOut: () => void;
}

const SessionContext = createContext<Session | null>(null);
const storageName = 'plantain.key';

/** Where the server is: the folder of this page, whatever path prefix it lies behind. */
export const serverUrl = new URL('.', document.baseURI).href.replace(/\/$/, '');

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession is used outside of its provider.');
  return session;
}

export function storedKey(): string {
  return sessionStorage.getItem(storageName) ?? '';
}

/** Throws `ApiError` where the key is not one, and `ConnectionError`. The empty key is right on a server that runs open. */
export async function openSession(apiKey: string, signal?: AbortSignal): Promise<Omit<Session, 'signOut'>> {
  // Few tries: what fails is loaded again by the page, which tells the person meanwhile.
  const client = createClient({ baseUrl: serverUrl, maxRetries: 2, ...(apiKey === '' ? {} : { apiKey }) });
  const me = await client.me(signal === undefined ? {} : { signal });
  if (apiKey !== '') sessionStorage.setItem(storageName, apiKey);
  return { client, me };
}

export function SessionProvider({
  children,
  signIn,
}: {
  children: ReactNode;
  /** What is shown while nobody is signed in; it calls its argument with what `openSession` gave. */
  signIn: (done: (opened: Omit<Session, 'signOut'>) => void) => ReactNode;
}) {
  const [opened, setOpened] = useState<Omit<Session, 'signOut'> | null>(null);
  const signOut = useCallback(() => {
    // Drafts too: the next to sign in here may be another person.
    sessionStorage.clear();
    setOpened(null);
  }, []);
  const session = useMemo(() => (opened === null ? null : { ...opened, signOut }), [opened, signOut]);
  if (session === null) return signIn(setOpened);
  return <SessionContext value={session}>{children}</SessionContext>;
}
