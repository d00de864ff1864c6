// The other tabs of this browser that show the same console. They share the session, which is in a cookie: who signs in or out in one does so in
// all. Nothing secret is told.

type Message = { kind: 'signed in'; keyId: string } | { kind: 'signed out' };

export interface OtherTabs {
  /** Tells the others that this tab signed in anew, as this key. */
  signIn(keyId: string): void;
  /** Tells the others that the session is over. */
  signOut(): void;
  leave(): void;
}

/** Listens for this tab until it leaves. */
export function joinTabs(
  channelName: string,
  { onSignIn, onSignOut }: { onSignIn: (keyId: string) => void; onSignOut: () => void },
): OtherTabs {
  const channel = new BroadcastChannel(channelName);
  const say = (message: Message) => channel.postMessage(message);
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'signed in') onSignIn(data.keyId);
    else onSignOut();
  };
  return {
    signIn: (keyId) => say({ kind: 'signed in', keyId }),
    signOut: () => say({ kind: 'signed out' }),
    leave: () => channel.close(),
  };
}
