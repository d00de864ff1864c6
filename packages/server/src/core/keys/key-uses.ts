// Last uses of keys, which are gathered here and stored now and then: a write for each request would cost more than the request.

import type { Clock } from '../../lib/clock.ts';
import { startInterval, type StartTimer } from '../../lib/timers.ts';
import type { KeyStore } from './key-store.ts';

const storeMs = 30_000;

export interface KeyUses {
  note(keyId: string): void;
  /** Stores what was noted, and ends. */
  stop(): Promise<void>;
}

export function startKeyUses({
  store,
  clock,
  startTimer,
}: {
  store: Pick<KeyStore, 'noteKeyUses'>;
  clock: Clock;
  startTimer: StartTimer;
}): KeyUses {
  let noted = new Map<string, number>();

  async function storeAll(): Promise<void> {
    if (noted.size === 0) return;
    const uses = [...noted].map(([keyId, at]) => ({ keyId, at }));
    noted = new Map();
    // While the database is away uses are lost, as little depends on them.
    await store.noteKeyUses(uses).catch(() => {});
  }

  const end = startInterval(startTimer, () => void storeAll(), storeMs);
  return {
    note: (keyId) => void noted.set(keyId, clock.now()),
    async stop() {
      end();
      await storeAll();
    },
  };
}
