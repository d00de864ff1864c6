// The session of the person who is signed in. It is in a cookie that no script can read, so it is there after a reload and in each new tab; the page
// has no key. Signing out deletes everything that was stored; a session that the server refuses leads back to the sign-in, and what was
// typed is there again for the same key, and for no other.

import {
  AuthenticationError,
  createClient,
  type MeData,
  type PlantainClient,
  type SignInBody,
} from '@plantain/client';
import {
  createContext,
  type ReactNode,
  type RefObject,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { joinTabs, type OtherTabs } from './other-tabs.ts';
import { serverUrl, signInBy, signOutOf } from './session-calls.ts';
import { watchSignInLinks } from './sign-in-link.ts';
import { forgetAll, storeFor } from './stored.ts';

export interface Session {
  client: PlantainClient;
  me: MeData;
  /** Ends this session, or all of the key. Rejects where the server does not answer: the session is not over then. */
  signOut: (what?: Parameters<typeof signOutOf>[0]) => Promise<void>;
}

export interface Opened extends Omit<Session, 'signOut'> {
  /** Whether the person has just signed in, of which other tabs are told. */
  isNew: boolean;
  /** Sets the callback for the server's refusal of the session. */
  onRefused: (callback: () => void) => void;
}

/** Reason why nobody is signed in: the page was just loaded, the person signed out, or the server refused the session. */
export type SignedOut = 'new' | 'left' | 'refused';

/** The refusal of a sign-in link. */
export class LinkRefusedError extends Error {}

/** Error of a sign-in that the server took, and whose cookie the browser did not keep. */
export class CookieLostError extends Error {}

/** A session that was there, and the secret of a link that is to be used only if its person says so; `''` where there is none. */
export interface Known {
  opened: Opened;
  link: string;
}

const SessionContext = createContext<Session | null>(null);

/** Channel of the tabs of this server; another server may have another path on the same host. */
const channelName = `plantain ${serverUrl}`;

const links = watchSignInLinks(window);

let keyId = '';
/** Id of the key that is signed in; `''` where nobody is. */
export const signedInKey = (): string => keyId;

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession is used outside of its provider.');
  return session;
}

/** True where the server runs open, without keys: no key has this id. */
export function runsOpen({ key_id: id }: MeData): boolean {
  return id === 'open';
}

/** Opens the session of the cookie, or none on a server that runs open. Throws `AuthenticationError` where there is none, and `ConnectionError`. */
async function openSession(signal?: AbortSignal): Promise<Opened> {
  let notifyRefused = () => {};
  const client = createClient({
    baseUrl: serverUrl,
    // Few tries: the page shows the failure, and loads again.
    maxRetries: 2,
    async fetch(url, init) {
      const response = await fetch(url, init);
      if (response.status === 401) notifyRefused();
      return response;
    },
  });
  const me = await client.me(signal === undefined ? {} : { signal });
  keyId = me.key_id;
  return { client, me, isNew: false, onRefused: (callback) => (notifyRefused = callback) };
}

/** Signs in. Throws `ApiError` where the server refuses, `CookieLostError`, and `ConnectionError`. */
export async function signIn(body: SignInBody): Promise<Opened> {
  await signInBy(body);
  try {
    return { ...(await openSession()), isNew: true };
  } catch (failure) {
    throw failure instanceof AuthenticationError ? new CookieLostError() : failure;
  }
}

/**
 * Opens the session that is there; where there is none, signs in by the link of this page if it has one. A link is no reason to leave a session:
 * it may be anybody's, and whoever follows it would go on in another's name. Throws as `openSession` and `signInByLink`.
 */
export async function openKnownSession(signal: AbortSignal): Promise<Known> {
  const link = links.get();
  const opened = await openSession(signal).catch((failure: unknown) => {
    if (link !== '' && failure instanceof AuthenticationError) return null;
    throw failure;
  });
  if (opened === null) return { opened: await signInByLink(link), link: '' };
  return { opened, link: runsOpen(opened.me) ? '' : link };
}

/** Signs in by a link. Throws `LinkRefusedError`, and otherwise as `signIn`. */
export async function signInByLink(link: string): Promise<Opened> {
  // It works once: a second try, where the first was abandoned, finds the session.
  links.set('');
  try {
    return await signIn({ link });
  } catch (failure) {
    if (failure instanceof AuthenticationError) throw new LinkRefusedError();
    if (!(failure instanceof CookieLostError)) links.set(link);
    throw failure;
  }
}

/** Forgets the link of this page. */
export function dropLink(): void {
  links.set('');
}

export function SessionProvider({
  children,
  signIn: renderSignIn,
}: {
  children: ReactNode;
  /** Renders the page while nobody is signed in, anew for each `round`; `done` takes the session that was opened. */
  signIn: (done: (opened: Opened) => void, why: SignedOut, round: number) => ReactNode;
}) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const [{ why, round }, setSignedOut] = useState<{ why: SignedOut; round: number }>({
    why: 'new',
    round: 0,
  });
  const current = useRef<Opened>(null);
  const end = useCallback((reason: SignedOut) => {
    current.current = null;
    setSignedOut((last) => ({ why: reason, round: last.round + 1 }));
    setOpened(null);
  }, []);
  const others = useOtherTabs(end, current);
  useEffect(() => links.onNew(() => end('new')), [end]);
  const signOut = useCallback<Session['signOut']>(
    async (what = 'this session') => {
      await signOutOf(what);
      keyId = '';
      forgetAll();
      end('left');
      others.current?.signOut();
    },
    [end, others],
  );
  const start = useCallback(
    (next: Opened) => {
      storeFor(next.me.key_id);
      next.onRefused(() => {
        // A late answer to a session before this one says nothing of this one.
        if (current.current === next) end('refused');
      });
      current.current = next;
      setOpened(next);
      if (next.isNew) others.current?.signIn(next.me.key_id);
    },
    [end, others],
  );
  const session = useMemo(() => (opened === null ? null : { ...opened, signOut }), [opened, signOut]);
  if (session === null) return renderSignIn(start, why, round);
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** Hook that follows what is done in the other tabs; gives what tells them of this one. */
function useOtherTabs(
  end: (reason: SignedOut) => void,
  current: RefObject<Opened | null>,
): RefObject<OtherTabs | null> {
  const others = useRef<OtherTabs>(null);
  useEffect(() => {
    const leave = () => {
      keyId = '';
      forgetAll();
    };
    const joined = joinTabs(channelName, {
      onSignIn(other) {
        if (other === keyId && current.current !== null) return;
        // The cookie is another person's now.
        if (keyId !== '' && other !== keyId) leave();
        end('new');
      },
      onSignOut() {
        leave();
        end('left');
      },
    });
    // A page that the browser kept while it showed another has heard nothing meanwhile.
    const comeBack = ({ persisted }: PageTransitionEvent) => {
      if (persisted) end('new');
    };
    addEventListener('pageshow', comeBack);
    others.current = joined;
    return () => {
      removeEventListener('pageshow', comeBack);
      joined.leave();
    };
  }, [current, end]);
  return others;
}
