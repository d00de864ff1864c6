// Requests that would make a picture a second time: all members are equal, the seed included. The tabs of one browser that have the same key
// share their requests.

import type { SubmitBody } from '@plantain/client';
import { madeRequests, noteMadeKeys, requestKey, requestKeys } from './made-requests.ts';
import { isMade, runs } from './runs.ts';

type Message = { kind: 'ask'; owner: string } | { kind: 'made'; owner: string; keys: readonly string[] };

/** Finds the first of the requests that was made before and did not fail, as far as the open tabs know. */
export function findRepeat(bodies: readonly SubmitBody[]): SubmitBody | undefined {
  const known = new Set(knownKeys());
  return bodies.find((body) => known.has(requestKey(body) ?? ''));
}

function knownKeys(): string[] {
  const sent = runs.get().filter(isMade);
  return [...requestKeys(sent.map(({ body }) => body)), ...madeRequests.get()];
}

export interface SharedRequests {
  /** Announces requests that are sent. */
  announce: (bodies: readonly SubmitBody[]) => void;
  leave: () => void;
}

/** Asks the other tabs for the requests that they made, and listens to those that they send. `owner` gives the key of this tab. */
export function shareRequests(channelName: string, owner: () => string): SharedRequests {
  const channel = new BroadcastChannel(channelName);
  const post = (message: Message) => channel.postMessage(message);
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.owner !== owner()) return;
    if (data.kind === 'made') noteMadeKeys(data.keys);
    else post({ kind: 'made', owner: owner(), keys: knownKeys() });
  };
  post({ kind: 'ask', owner: owner() });
  return {
    announce: (bodies) => post({ kind: 'made', owner: owner(), keys: requestKeys(bodies) }),
    leave: () => channel.close(),
  };
}
