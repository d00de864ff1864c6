// Calls of receivers that are under way: each has a slot and the claim of its delivery, and ends when its attempt is on record. A call
// that a crash or a stop cuts off leaves no record, and is made again.

import { type Emit, emitFault } from '../core/events.ts';
import type { AttemptRecord, WebhookDelivery, WebhookStore } from '../core/webhooks/webhook-store.ts';
import { errorName } from '../lib/error-name.ts';
import { pause, type StartTimer } from '../lib/timers.ts';
import { type AttemptDependencies, attemptDelivery } from './attempt.ts';
import type { Slots } from './slots.ts';

export interface CallDependencies extends AttemptDependencies {
  store: AttemptDependencies['store'] &
    Pick<WebhookStore, 'claimDelivery' | 'releaseDelivery' | 'recordAttempt'>;
  startTimer: StartTimer;
  emit: Emit;
  /** Makes an attempt a part of its task's trace; absent where no traces are kept. */
  traceDelivery?: TraceDelivery | undefined;
  /** The longest that `post` may take. */
  postMs: number;
}

/** Makes the attempt, and hands its record to `conclude`. */
export type TraceDelivery = (
  delivery: WebhookDelivery,
  attempt: () => Promise<AttemptRecord>,
  conclude: (record: AttemptRecord) => Promise<void>,
) => Promise<void>;

interface CallTerms {
  slots: Slots;
  /** Called when an attempt of this delivery is on record. */
  onRecorded: (deliveryId: string) => void;
  /** Called when a slot has come free. */
  onEnded: () => void;
}

export interface Calls {
  /** Begins the call, unless it is under way or has no slot. */
  begin(delivery: WebhookDelivery, host: string): void;
  /** Lets what is under way finish within the grace, and cuts off the rest. Nothing may be begun any more. */
  finish(graceMs: number): Promise<void>;
}

/** How long to wait after a fault of this server, such as a full disk. */
export const faultPauseMs = 1_000;
/** A delivery is this process's to make for as long as a call may last and a little more; where the process has died it is another's then. */
const besideCallMs = 5_000;

export function createCalls(
  dependencies: CallDependencies,
  { slots, onRecorded, onEnded }: CallTerms,
): Calls {
  const { store, clock, startTimer, emit, postMs } = dependencies;
  const claimMs = postMs + besideCallMs;
  const inFlight = new Map<string, Promise<void>>();
  const cut = new AbortController();

  async function run(delivery: WebhookDelivery, host: string): Promise<void> {
    const end = slots.begin(host, delivery.keyId);
    try {
      const claimed = await store.claimDelivery(delivery.id, { now: clock.now(), claimMs });
      if (claimed !== null) await deliver(claimed, host);
    } catch (error) {
      if (!cut.signal.aborted) {
        emitFault(emit, error, 'webhook_fault', { delivery: delivery.id, error: errorName(error) });
        await pause(startTimer, faultPauseMs, cut.signal).catch(() => {});
      }
      // No attempt is on record, so whoever comes next may make it. The claim ends by itself where this fails too.
      await store.releaseDelivery(delivery.id).catch(() => {});
    } finally {
      inFlight.delete(delivery.id);
      end();
      onEnded();
    }
  }

  async function deliver(delivery: WebhookDelivery, host: string): Promise<void> {
    const attempt = () => attemptDelivery(dependencies, delivery, cut.signal);
    const trace: TraceDelivery = dependencies.traceDelivery ?? (async (_, make, end) => end(await make()));
    await trace(delivery, attempt, (record) => conclude(delivery, host, record));
  }

  async function conclude(delivery: WebhookDelivery, host: string, record: AttemptRecord): Promise<void> {
    const { status, durationMs } = record.attempt;
    slots.recordEnd(host, delivery.keyId, { isAnswered: status !== null, durationMs });
    const isOff = await untilStored(dependencies, () => store.recordAttempt(record), cut.signal);
    const { id, endpointId, event: about, countedFrom } = delivery;
    const ageMs = Math.max(0, clock.now() - countedFrom);
    emit('webhook_attempt', { delivery: id, about, state: record.next.state, ageMs, status, durationMs });
    if (isOff && endpointId !== null) emit('webhook_endpoint_off', { endpoint: endpointId });
    onRecorded(id);
  }

  return {
    begin(delivery, host) {
      const { id, keyId } = delivery;
      if (inFlight.has(id) || slots.roomAt(host) <= 0 || !slots.mayBegin(keyId)) return;
      inFlight.set(id, run(delivery, host));
    },
    async finish(graceMs) {
      const stopTimer = startTimer(() => cut.abort(), graceMs);
      await Promise.allSettled(inFlight.values());
      stopTimer();
    },
  };
}

/** Writes until it succeeds. The receiver has had the message: while the disk is full this waits, as a new attempt would send it again and again. */
async function untilStored<T>(
  { startTimer, emit }: Pick<CallDependencies, 'startTimer' | 'emit'>,
  write: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      emitFault(emit, error, 'webhook_record_failed', { error: errorName(error) });
      await pause(startTimer, faultPauseMs, signal);
    }
  }
}
