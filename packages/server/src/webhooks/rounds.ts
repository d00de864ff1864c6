// Goes through the deliveries that wait, in rounds: through all keys, so that each has a few calls, and through all hosts. A look at them
// goes only as far as it may take time, and the next one goes on from there.

import type { WebhookDelivery, WebhookStore } from '../core/webhooks/webhook-store.ts';
import type { Slots } from './slots.ts';

export type RoundStore = Pick<
  WebhookStore,
  'pendingKeys' | 'nextDeliveriesOfKey' | 'pendingReceivers' | 'dueDeliveries'
>;

export interface Rounds {
  /** Says that something new may be due that a round has passed by. */
  wake(): void;
  /**
   * Has `begin` called for what is due and has a slot; one look at a time. Resolves with the time at which to look again, `now` for as soon as may be;
   * `null` where no slot is left: the first call that ends brings the next look.
   */
  look(now: number): Promise<number | null>;
}

/** A look costs 3 microseconds for each host or key (measured), so there is a limit on them. */
const hostsInLook = 200;
const keysInLook = 100;
/** A host of which something is due costs 20 microseconds more. */
const maxScanMs = 5;
/** Of one host or key, read at once: those under way are among the first that are due. */
const readAtOnce = 8;

/** A way through all keys, or all hosts, that deliveries wait for; it takes as many looks as there are many. */
interface Round {
  /** Where it goes on; `''` at its begin. */
  after: string;
  /** When the first of those is due that it found to be due later. */
  soonest: number;
  /** Whether something new may be due that it has passed by. */
  isWoken: boolean;
}

const newRound = (): Round => ({ after: '', soonest: Infinity, isWoken: false });

function beginRound(round: Round): void {
  if (round.after === '') Object.assign(round, newRound());
}

interface RoundDependencies {
  store: RoundStore;
  slots: Slots;
  /** Begins the call, unless it is under way or has no slot. */
  begin: (delivery: WebhookDelivery, host: string) => void;
}

export function createRounds(dependencies: RoundDependencies): Rounds {
  const { slots } = dependencies;
  const keys = newRound();
  const hosts = newRound();
  return {
    wake() {
      keys.isWoken = true;
      hosts.isWoken = true;
    },
    async look(now) {
      if (slots.isFull) return null;
      const startedAt = performance.now();
      const hasMore = await scanKeys(dependencies, keys, now);
      const hostsLeft = hasMore && !slots.isScarce && (await scanHosts(dependencies, hosts, now, startedAt));
      if (slots.isFull) return null;
      if (keys.after !== '' || keys.isWoken || hostsLeft) return now;
      return Math.min(keys.soonest, hosts.soonest > now ? hosts.soonest : Infinity);
    },
  };
}

/** Begins a few calls of each key, those first that have the fewest. Resolves with whether some may have more, beside what is under way. */
async function scanKeys(dependencies: RoundDependencies, round: Round, now: number): Promise<boolean> {
  const { store, slots } = dependencies;
  beginRound(round);
  const found = await store.pendingKeys({ after: round.after, now, limit: keysInLook });
  const due = found.filter(({ dueAt }) => dueAt <= now);
  let hasMore = found.length === keysInLook;
  for (const { keyId } of due.toSorted(byTurn(slots))) {
    if (await beginForKey(dependencies, round, keyId, now)) hasMore = true;
    if (slots.isFull) return false;
  }
  for (const { dueAt } of found) if (dueAt > now) round.soonest = Math.min(round.soonest, dueAt);
  round.after = found.length < keysInLook ? '' : (found.at(-1)?.keyId ?? '');
  return hasMore;
}

/** Order of turns: keys with the fewest calls first, and of these the one whose last call began longest ago. */
const byTurn =
  (slots: Slots) =>
  (a: { keyId: string }, b: { keyId: string }): number =>
    slots.heldBy(a.keyId) - slots.heldBy(b.keyId) || slots.lastOf(a.keyId) - slots.lastOf(b.keyId);

async function beginForKey(
  { store, slots, begin }: RoundDependencies,
  round: Round,
  keyId: string,
  now: number,
): Promise<boolean> {
  if (!slots.hasFew(keyId)) return slots.mayBegin(keyId);
  const next = await store.nextDeliveriesOfKey({ keyId, now, limit: readAtOnce });
  const due = next.filter(({ dueAt }) => dueAt <= now);
  for (const { host, ...delivery } of due) if (slots.hasFew(keyId)) begin(delivery, host);
  round.soonest = Math.min(round.soonest, next[due.length]?.dueAt ?? Infinity);
  return due.length === readAtOnce && slots.mayBegin(keyId);
}

/** Begins what is due for each host. Resolves with whether to go on in a moment. */
async function scanHosts(
  dependencies: RoundDependencies,
  round: Round,
  now: number,
  startedAt: number,
): Promise<boolean> {
  const { store, slots } = dependencies;
  beginRound(round);
  const found = await store.pendingReceivers({ after: round.after, now, limit: hostsInLook });
  for (const { host, dueAt } of found) {
    if (dueAt <= now) await beginForHost(dependencies, host, now);
    else round.soonest = Math.min(round.soonest, dueAt);
    if (slots.isFull) return false;
    round.after = host;
    if (performance.now() - startedAt > maxScanMs) return true;
  }
  if (found.length < hostsInLook) round.after = '';
  return round.after !== '' || round.isWoken;
}

async function beginForHost(
  { store, slots, begin }: RoundDependencies,
  host: string,
  now: number,
): Promise<void> {
  if (slots.roomAt(host) <= 0) return;
  const due = await store.dueDeliveries({ host, now, limit: readAtOnce });
  for (const delivery of due) begin(delivery, host);
}
