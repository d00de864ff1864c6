// The other tabs of this browser that show the same console. A tab that was just opened, as a link is with the middle button, is given
// the key of the one that was used last, and who signs out of one is signed out of all with the same key. It goes from memory to memory:
// nothing is stored outside of a tab.

type Message =
  { kind: 'ask' } | { kind: 'tell'; key: string; usedAt: number } | { kind: 'sign out'; key: string };

/** How long the others have to answer; a tab of the same browser takes a few milliseconds. */
const answerMs = 200;

export interface OtherTabs {
  /** Signs the others out that have the same key. */
  signOut(): void;
  leave(): void;
}

/** Answers for this tab until it leaves. `usedAt`: when its person last did something in it. */
export function joinTabs(
  channelName: string,
  { key, usedAt, onSignOut }: { key: string; usedAt: () => number; onSignOut: () => void },
): OtherTabs {
  const channel = new BroadcastChannel(channelName);
  const say = (message: Message) => channel.postMessage(message);
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'ask') say({ kind: 'tell', key, usedAt: usedAt() });
    else if (data.kind === 'sign out' && data.key === key) onSignOut();
  };
  return { signOut: () => say({ kind: 'sign out', key }), leave: () => channel.close() };
}

/** The key of the tab that was used last; `''` where no other is signed in. */
export async function askTabs(channelName: string): Promise<string> {
  const channel = new BroadcastChannel(channelName);
  let last = { key: '', usedAt: Number.NEGATIVE_INFINITY };
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.kind === 'tell' && data.usedAt > last.usedAt) last = data;
  };
  channel.postMessage({ kind: 'ask' } satisfies Message);
  await new Promise((resolve) => setTimeout(resolve, answerMs));
  channel.close();
  return last.key;
}
