// Tells other processes what this one learned of upstreams' keys, and hears what they did, twice a second.

import { startInterval, type StartTimer } from '../../lib/timers.ts';
import { createOneAgain } from '../../lib/turns/one-again.ts';
import type { KeyStateStore, ToldState } from './key-states.ts';

/** States of keys as this process knows them. */
export interface KeyStates {
  /** Calls `listener` with each state that is learned here; returns the function that ends it. */
  onLearned(listener: (told: ToldState) => void): () => void;
  /** Believes in what other processes learned. */
  adopt(states: readonly ToldState[]): void;
}

export interface KeyStateFollower {
  /** Resolves when what others have learned so far is known, or the store does not answer. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const lookMs = 500;

export function createKeyStateFollower({
  states,
  store: { tellKeyStates: tell, readKeyStates: read },
  startTimer,
}: {
  states: KeyStates;
  store: KeyStateStore;
  startTimer: StartTimer;
}): KeyStateFollower {
  const untold: ToldState[] = [];
  let stops: (() => void)[] = [];
  let heardOf = 0;

  /** States that could not be told are told the next time. */
  const exchange = createOneAgain(async () => {
    const telling = [...untold];
    if (telling.length > 0) await tell?.(telling);
    untold.splice(0, telling.length);
    const news = ((await read?.()) ?? []).filter(({ number }) => number > heardOf);
    heardOf = Math.max(heardOf, ...news.map(({ number }) => number));
    if (news.length > 0) states.adopt(news);
  });
  const exchangeSoon = () => exchange().catch(() => {});

  return {
    async start() {
      if (tell === undefined || read === undefined) return;
      stops = [
        states.onLearned((told) => {
          untold.push(told);
          void exchangeSoon();
        }),
        startInterval(startTimer, () => void exchangeSoon(), lookMs),
      ];
      await exchangeSoon();
    },
    async stop() {
      for (const stop of stops) stop();
      if (untold.length > 0) await exchangeSoon();
    },
  };
}
