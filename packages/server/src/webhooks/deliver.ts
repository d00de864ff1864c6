// Sends what the store has to deliver. It has no queue of its own: each look goes from key to key, so that every key has a few calls
// whatever waits for others, and then from host to host through all deliveries that wait, so that however many wait for one receiver,
// the others have their turn. What a crash or a stop cuts off is still there, and is sent again: at least once.

import { emitFault } from '../core/events.ts';
import type { Changes } from '../core/tasks/changes.ts';
import { untilAborted } from '../lib/abort.ts';
import { errorName } from '../lib/error-name.ts';
import { createSpaced } from '../lib/turns/spaced.ts';
import { type CallDependencies, createCalls, faultPauseMs } from './calls.ts';
import { createLookLoop } from './look-loop.ts';
import { createRounds, type RoundStore } from './rounds.ts';
import { createSlots } from './slots.ts';

export interface DelivererDependencies extends CallDependencies {
  store: CallDependencies['store'] & RoundStore;
  changes: Changes;
  /** There is a look at least so often, since other processes may make deliveries due and not say so. */
  lookEveryMs?: number;
  /** Changes bring a look no more often than this, since where processes share a database each of them looks. Default: as often as there are any. */
  restMs?: number;
}

export interface WebhookDeliverer {
  start(): void;
  /** Says that something new may be due. */
  wake(): void;
  /** Resolves when an attempt of this delivery is on record, or rejects with the signal's reason. To be called before it can be. */
  attempted(deliveryId: string, signal: AbortSignal): Promise<void>;
  /** Begins nothing more, lets what is under way finish within the grace, and cuts off the rest. May be called twice. */
  stop(graceMs: number): Promise<void>;
}

export function createWebhookDeliverer(dependencies: DelivererDependencies): WebhookDeliverer {
  const { store, changes, clock, startTimer, emit } = dependencies;
  const slots = createSlots();
  const watched = new Map<string, () => void>();
  let stopping = false;
  let stopListening = () => {};
  const calls = createCalls(dependencies, { slots, onRecorded: (id) => watched.get(id)?.(), onEnded: wake });
  const rounds = createRounds({
    store,
    slots,
    begin: (delivery, host) => {
      if (!stopping) calls.begin(delivery, host);
    },
  });
  const loop = createLookLoop(startTimer, lookOnce, dependencies.lookEveryMs);
  const { restMs } = dependencies;
  const heard = restMs === undefined ? { ask: wake, stop() {} } : createSpaced(wake, restMs, startTimer);

  function wake(): void {
    rounds.wake();
    loop.wake();
  }

  async function lookOnce(): Promise<number | null> {
    try {
      const nextAt = await rounds.look(clock.now());
      return nextAt === null ? null : nextAt - clock.now();
    } catch (error) {
      emitFault(emit, error, 'webhook_fault', { error: errorName(error) });
      return faultPauseMs;
    }
  }

  return {
    start() {
      stopListening = changes.listen(heard.ask, heard.ask);
      loop.start();
    },
    wake,
    async attempted(deliveryId, signal) {
      const done = Promise.withResolvers<void>();
      watched.set(deliveryId, done.resolve);
      try {
        await untilAborted(done.promise, signal);
      } finally {
        watched.delete(deliveryId);
      }
    },
    async stop(graceMs) {
      stopping = true;
      stopListening();
      heard.stop();
      await Promise.all([loop.stop(), calls.finish(graceMs)]);
    },
  };
}
