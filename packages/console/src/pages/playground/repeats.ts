// Requests that would make a picture a second time: everything alike, the seed too. Where chance decides, none is. The tabs of one browser
// tell each other what they sent, each to those with the same key.

import type { SubmitBody } from '@plantain/client';
import { madeRequests, noteMadeKeys, requestKey, requestKeys } from './made-requests.ts';
import { isMade, runs } from './runs.ts';

type Message = { kind: 'ask'; owner: string } | { kind: 'made'; owner: string; keys: readonly string[] };

/** The first of the requests that was made before, as far as the tabs that are open know, and did not fail. */
export function findRepeat(bodies: readonly SubmitBody[]): SubmitBody | undefined {
  const known = new Set(knownKeys());
  return bodies.find((body) => known.has(requestKey(body) ?? ''));
}

function knownKeys(): string[] {
  const sent = runs.get().filter(isMade);
  return [...requestKeys(sent.map(({ body }) => body)), ...madeRequests.get()];
}

export interface SharedRequests {
  /** To be called with what is sent. */
  tell: (bodies: readonly SubmitBody[]) => void;
  leave: () => void;
}

/** Learns at once what the other tabs have made, and from now on what they send. `owner` gives the key of this tab. */
export function shareRequests(channelName: string, owner: () => string): SharedRequests {
  const channel = new BroadcastChannel(channelName);
  const say = (message: Message) => channel.postMessage(message);
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.owner !== owner()) return;
    if (data.kind === 'made') noteMadeKeys(data.keys);
    else say({ kind: 'made', owner: owner(), keys: knownKeys() });
  };
  say({ kind: 'ask', owner: owner() });
  return {
    tell: (bodies) => say({ kind: 'made', owner: owner(), keys: requestKeys(bodies) }),
    leave: () => channel.close(),
  };
}
