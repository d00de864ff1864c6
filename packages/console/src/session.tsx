// The session of the person who is signed in. The key is in the tab's session storage, which outlives a reload and not the tab, and never in an
// address. A new tab gets it from an open one. Signing out deletes everything that was stored; a key that the server refuses leads back to
// the sign-in, and what was typed is there again after another key.

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
  /** Sets the callback for the server's refusal of the key. */
  onRefused: (callback: () => void) => void;
}

/** Reason why nobody is signed in: the page was just loaded, the person signed out, or the server refused the key. */
export type SignedOut = 'new' | 'left' | 'refused';

const SessionContext = createContext<Session | null>(null);
const keyName = 'plantain.key';

/** Base URL of the server: the folder of this page, under any path prefix. */
export const serverUrl = new URL('.', document.baseURI).href.replace(/\/$/, '');

/** Channel of the tabs of this server; another server may have another path on the same host. */
const channelName = `plantain ${serverUrl}`;
let usedAt = Date.now();
for (const type of ['pointerdown', 'keydown'])
  addEventListener(type, () => (usedAt = Date.now()), { capture: true, passive: true });

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession is used outside of its provider.');
  return session;
}

/** True where the server runs open, without keys: no key has this id. */
export function runsOpen({ key_id: id }: MeData): boolean {
  return id === 'open';
}

export function storedKey(): string {
  return sessionStorage.getItem(keyName) ?? '';
}

/** Signs in with a key, which is empty on a server that runs open. Throws `ApiError` where the key is refused, and `ConnectionError`. */
export async function openSession(apiKey: string, signal?: AbortSignal): Promise<Opened> {
  let notifyRefused = () => {};
  const client = createClient({
    baseUrl: serverUrl,
    // Few tries: the page shows the failure, and loads again.
    maxRetries: 2,
    ...(apiKey === '' ? {} : { apiKey }),
    async fetch(url, init) {
      const response = await fetch(url, init);
      if (response.status === 401) notifyRefused();
      return response;
    },
  });
  const me = await client.me(signal === undefined ? {} : { signal });
  if (apiKey !== '') sessionStorage.setItem(keyName, apiKey);
  return { client, me, apiKey, onRefused: (callback) => (notifyRefused = callback) };
}

/** Signs in with the key of this tab, or without one on a server that runs open, or with that of another tab. Throws as `openSession`. */
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
  /** Renders the page while nobody is signed in; `done` takes the session that `openSession` opened. */
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
