// Who is signed in. The key lives in this tab's session storage: a reload keeps it, closing the tab ends it, and it never
// stands in an address. A new tab is given it by one that is open. Who signs out leaves nothing behind; a key that the server does not
// take any more leads back to where one signs in, and what was typed waits there for another key.

import { AuthenticationError, createClient, type MeData, type PlantainClient } from '@plantain/client';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { askTabs, joinTabs, type OtherTabs } from './other-tabs.ts';
import { forgetAll } from './stored.ts';

export interface Session {
  client: PlantainClient;
  me: MeData;
  signOut: () => void;
}

export interface Opened extends Omit<Session, 'signOut'> {
  apiKey: string;
  /** Has `told` called when the server refuses the key from now on. */
  onRefused: (told: () => void) => void;
}

/** Why nobody is signed in: the page was just loaded, its person signed out, or the server does not take the key any more. */
export type SignedOut = 'new' | 'left' | 'refused';

const SessionContext = createContext<Session | null>(null);
const keyName = 'plantain.key';

/** Where the server is: the folder of this page, whatever path prefix it lies behind. */
export const serverUrl = new URL('.', document.baseURI).href.replace(/\/$/, '');

/** Another server may be behind another path of the same host. */
const channelName = `plantain ${serverUrl}`;
let usedAt = Date.now();
for (const type of ['pointerdown', 'keydown'])
  addEventListener(type, () => (usedAt = Date.now()), { capture: true, passive: true });

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession is used outside of its provider.');
  return session;
}

/** Whether the server asks nobody for a key: this id is that of no key. */
export function runsOpen({ key_id: id }: MeData): boolean {
  return id === 'open';
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
  return { client, me, apiKey, onRefused: (told) => (tellRefused = told) };
}

/** With the key of this tab, else with none, as on a server that runs open, else with that of another tab. Throws as `openSession`. */
export async function openKnownSession(signal: AbortSignal): Promise<Opened> {
  const own = storedKey();
  try {
    return await openSession(own, signal);
  } catch (error) {
    if (own !== '' || !(error instanceof AuthenticationError)) throw error;
    const key = await askTabs(channelName);
    if (key === '') throw error;
    return await openSession(key, signal);
  }
}

export function SessionProvider({
  children,
  signIn,
}: {
  children: ReactNode;
  /** What is shown while nobody is signed in; it calls its argument with what `openSession` gave. */
  signIn: (done: (opened: Opened) => void, why: SignedOut) => ReactNode;
}) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const [why, setWhy] = useState<SignedOut>('new');
  const others = useRef<OtherTabs>(null);
  const end = useCallback((reason: SignedOut) => {
    setWhy(reason);
    setOpened(null);
  }, []);
  const signOut = useCallback(() => {
    others.current?.signOut();
    forgetAll();
    end('left');
  }, [end]);
  const start = useCallback(
    (next: Opened) => {
      next.onRefused(() => {
        sessionStorage.removeItem(keyName);
        end('refused');
      });
      setOpened(next);
    },
    [end],
  );
  const key = opened?.apiKey ?? '';
  useEffect(() => {
    if (key === '') return;
    const joined = joinTabs(channelName, {
      key,
      usedAt: () => usedAt,
      onSignOut() {
        forgetAll();
        end('left');
      },
    });
    others.current = joined;
    return () => {
      others.current = null;
      joined.leave();
    };
  }, [key, end]);
  const session = useMemo(() => (opened === null ? null : { ...opened, signOut }), [opened, signOut]);
  if (session === null) return signIn(start, why);
  return <SessionContext value={session}>{children}</SessionContext>;
}
