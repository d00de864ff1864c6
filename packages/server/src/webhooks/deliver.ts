// Sends what the store has to deliver. It has no queue of its own: each look goes from key to key, so that every key has a few calls
// whatever waits for others, and then from host to host through all deliveries that wait, so that however many wait for one receiver,
// the others have their turn. What a crash or a stop cuts off is still there, and is sent again: at least once.

import type { Emit } from '../core/events.ts';
import type { Changes } from '../core/tasks/changes.ts';
import type { WebhookDelivery, WebhookStore } from '../core/webhooks/webhook-store.ts';
import { untilAborted } from '../lib/abort.ts';
import { errorName } from '../lib/error-name.ts';
import { createOneAgain } from '../lib/turns/one-again.ts';
import { type AttemptDependencies, attemptDelivery } from './attempt.ts';
import { createSlots } from './slots.ts';
import { createRounds, type RoundStore } from './rounds.ts';

export interface DelivererDependencies extends AttemptDependencies {
  store: AttemptDependencies['store'] &
    RoundStore &
    Pick<WebhookStore, 'claimDelivery' | 'releaseDelivery' | 'recordAttempt'>;
  changes: Changes;
  emit: Emit;
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

/** Between two looks. */
const pauseMs = 20;
/** However far away the next delivery is, it is looked for again after this. */
const maxWaitMs = 60_000;
/** How long to wait after a fault of this server, such as a full disk. */
const faultPauseMs = 1_000;
/** How long a delivery is this process's to make: longer than a call may last. */
const claimMs = 5 * 60_000;

export function createWebhookDeliverer(dependencies: DelivererDependencies): WebhookDeliverer {
  const { store, changes, clock, emit } = dependencies;
  const inFlight = new Map<string, Promise<void>>();
  const slots = createSlots();
  const watched = new Map<string, () => void>();
  const cut = new AbortController();
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Infinity;
  let lastLookAt = -Infinity;
  let looking = Promise.resolve();
  const rounds = createRounds({ store, slots, begin });
  const look = createOneAgain(lookOnce);

  function lookAt(at: number): void {
    if (stopping || at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(atTime, Math.min(maxWaitMs, Math.max(0, at - performance.now())));
  }

  function atTime(): void {
    timerAt = Infinity;
    looking = look();
  }

  function wake(): void {
    rounds.wake();
    lookAt(lastLookAt + pauseMs);
  }

  async function lookOnce(): Promise<void> {
    lastLookAt = performance.now();
    try {
      const waitMs = await rounds.look(clock.now());
      if (waitMs !== null) lookAt(lastLookAt + Math.max(pauseMs, Math.min(maxWaitMs, waitMs)));
    } catch (error) {
      emit('webhook_fault', { error: errorName(error) });
      lookAt(lastLookAt + faultPauseMs);
    }
  }

  function begin(delivery: WebhookDelivery, host: string): void {
    const { id, keyId } = delivery;
    if (stopping || inFlight.has(id) || slots.roomAt(host) <= 0 || !slots.mayBegin(keyId)) return;
    inFlight.set(id, run(delivery, host));
  }

  async function run(delivery: WebhookDelivery, host: string): Promise<void> {
    const end = slots.begin(host, delivery.keyId);
    try {
      const claimed = await store.claimDelivery(delivery.id, { now: clock.now(), claimMs });
      if (claimed !== null) await deliver(claimed, host);
    } catch (error) {
      if (!cut.signal.aborted) {
        emit('webhook_fault', { delivery: delivery.id, error: errorName(error) });
        await pause(faultPauseMs, cut.signal);
      }
      // No attempt is on record, so whoever comes next may make it. The claim ends by itself where this fails too.
      await store.releaseDelivery(delivery.id).catch(() => {});
    } finally {
      inFlight.delete(delivery.id);
      end();
      wake();
    }
  }

  async function deliver(delivery: WebhookDelivery, host: string): Promise<void> {
    const record = await attemptDelivery(dependencies, delivery, cut.signal);
    const { status, durationMs } = record.attempt;
    slots.heard(host, delivery.keyId, { isAnswered: status !== null, durationMs });
    const isOff = await untilStored(() => store.recordAttempt(record));
    const { id, endpointId } = delivery;
    emit('webhook_attempt', { delivery: id, state: record.next.state, status, durationMs });
    if (isOff && endpointId !== null) emit('webhook_endpoint_off', { endpoint: endpointId });
    watched.get(id)?.();
  }

  /** A receiver has had the message: while the disk is full this waits, as a new attempt would send it again and again. */
  async function untilStored<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        emit('webhook_record_failed', { error: errorName(error) });
        await pause(faultPauseMs, cut.signal);
        cut.signal.throwIfAborted();
      }
    }
  }

  let stopListening = () => {};
  return {
    start() {
      stopListening = changes.listen(wake);
      wake();
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
      clearTimeout(timer);
      await looking;
      const ends = Promise.allSettled(inFlight.values());
      const grace = AbortSignal.timeout(graceMs);
      await untilAborted(ends, grace).catch(() => cut.abort(grace.reason));
      await ends;
    },
  };
}

/** Ends early, and without an error, when the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await untilAborted(promise, signal).catch(() => {});
  clearTimeout(timer);
}
