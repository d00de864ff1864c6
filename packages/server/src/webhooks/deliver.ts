// Sends what the store has to deliver. It has no queue of its own: each look goes from host to host through the deliveries that
// wait, so however many wait for one receiver, the others have their turn. What a crash or a stop cuts off is still there,
// and is sent again: at least once.

import type { Changes } from '../core/changes.ts';
import type { WebhookDelivery, WebhookStore } from '../core/webhook-store.ts';
import { untilAborted } from '../lib/abort.ts';
import type { Log } from '../lib/log.ts';
import { type AttemptDependencies, attemptDelivery } from './attempt.ts';

export interface DelivererDependencies extends AttemptDependencies {
  store: AttemptDependencies['store'] &
    Pick<WebhookStore, 'pendingReceivers' | 'dueDeliveries' | 'recordAttempt'>;
  changes: Changes;
  log: Log;
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

const mostAtOnce = 64;
const mostOfKey = 32;
const mostOfHost = 4;
/** Of a host that kept the last call waiting so long for nothing: dead ones must not hold every place. */
const mostOfSilentHost = 1;
const silentMs = 1_000;
/** How many silent hosts are remembered. */
const mostSilent = 10_000;
/** A look costs 3 microseconds for each host (measured), so there is a limit on its hosts and a pause before the next. */
const hostsInLook = 200;
const pauseMs = 20;
/** However far away the next delivery is, it is looked for again after this. */
const longestWaitMs = 60_000;
/** How long to wait after a fault of this server, such as a full disk. */
const faultPauseMs = 1_000;

export function createWebhookDeliverer(dependencies: DelivererDependencies): WebhookDeliverer {
  const { store, changes, clock, log } = dependencies;
  const inFlight = new Map<string, { host: string; keyId: string; done: Promise<void> }>();
  const silent = new Set<string>();
  const watched = new Map<string, () => void>();
  const cut = new AbortController();
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Infinity;
  let lastLookAt = -Infinity;
  /** Where a round through all hosts goes on, and what it has found so far to be due later. */
  let after = '';
  let soonest = Infinity;
  let wokenInRound = false;

  const count = (by: 'host' | 'keyId', wanted: string) =>
    [...inFlight.values()].filter((each) => each[by] === wanted).length;

  function lookAt(at: number): void {
    if (stopping || at >= timerAt) return;
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(look, Math.min(longestWaitMs, Math.max(0, at - performance.now())));
  }

  function wake(): void {
    wokenInRound = true;
    lookAt(lastLookAt + pauseMs);
  }

  function look(): void {
    timerAt = Infinity;
    lastLookAt = performance.now();
    try {
      goOn();
    } catch (error) {
      log.error({ error: nameOf(error) }, 'webhook_fault');
      lookAt(lastLookAt + faultPauseMs);
    }
  }

  function goOn(): void {
    if (after === '') {
      soonest = Infinity;
      wokenInRound = false;
    }
    const now = clock.now();
    const hosts = inFlight.size < mostAtOnce ? store.pendingReceivers({ after, limit: hostsInLook }) : [];
    for (const { host, dueAt } of hosts) {
      if (dueAt <= now) beginFor(host, now);
      else soonest = Math.min(soonest, dueAt);
      // The first that ends wakes this again, and it goes on with the next host.
      if (inFlight.size >= mostAtOnce) return;
      after = host;
    }
    if (inFlight.size >= mostAtOnce) return;
    if (hosts.length < hostsInLook) after = '';
    const waitMs = after !== '' || wokenInRound ? pauseMs : Math.min(longestWaitMs, soonest - now);
    lookAt(lastLookAt + waitMs);
  }

  function beginFor(host: string, now: number): void {
    let free = (silent.has(host) ? mostOfSilentHost : mostOfHost) - count('host', host);
    if (free <= 0) return;
    // Those under way are among the first that are due.
    for (const delivery of store.dueDeliveries({ host, now, limit: 2 * mostOfHost })) {
      const { id, keyId } = delivery;
      if (inFlight.has(id) || count('keyId', keyId) >= mostOfKey) continue;
      inFlight.set(id, { host, keyId, done: run(delivery, host) });
      free -= 1;
      if (free === 0 || inFlight.size >= mostAtOnce) return;
    }
  }

  async function run(delivery: WebhookDelivery, host: string): Promise<void> {
    try {
      await deliver(delivery, host);
    } catch (error) {
      if (cut.signal.aborted) return;
      log.error({ delivery: delivery.id, error: nameOf(error) }, 'webhook_fault');
      await pause(faultPauseMs, cut.signal);
    } finally {
      inFlight.delete(delivery.id);
      wake();
    }
  }

  async function deliver(delivery: WebhookDelivery, host: string): Promise<void> {
    const record = await attemptDelivery(dependencies, delivery, cut.signal);
    const { status, durationMs } = record.attempt;
    if (status !== null) silent.delete(host);
    else if (durationMs >= silentMs && silent.size < mostSilent) silent.add(host);
    const isOff = await untilStored(() => store.recordAttempt(record));
    const { id, endpointId } = delivery;
    log.debug({ delivery: id, state: record.next.state, status, durationMs }, 'webhook_attempt');
    if (isOff) log.warn({ endpoint: endpointId }, 'webhook_endpoint_off');
    watched.get(id)?.();
  }

  /** A receiver has had the message: while the disk is full this waits, as a new attempt would send it again and again. */
  async function untilStored<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await write();
      } catch (error) {
        log.error({ error: nameOf(error) }, 'webhook_record_failed');
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
      const ends = Promise.allSettled([...inFlight.values()].map(({ done }) => done));
      const grace = AbortSignal.timeout(graceMs);
      await untilAborted(ends, grace).catch(() => cut.abort(grace.reason));
      await ends;
    },
  };
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown');

/** Ends early, and without an error, when the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await untilAborted(promise, signal).catch(() => {});
  clearTimeout(timer);
}
