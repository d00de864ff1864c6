// Slots for webhook calls: those that hang must leave room for others, whoever's they are and however many hosts they go to. So the
// last slots are for keys that hold few or none; a key whose calls hang has few at once, and so has a host.

import { createCounts } from '../lib/counts.ts';

/** How a call went. */
export interface CallEnd {
  /** Whether the receiver said anything. */
  isAnswered: boolean;
  durationMs: number;
}

export interface Slots {
  /** Not even a key without calls may begin one. */
  readonly isFull: boolean;
  /** Only keys with few calls or none may begin any. */
  readonly isScarce: boolean;
  /** How many calls to this host may begin. */
  roomAt(host: string): number;
  mayBegin(keyId: string): boolean;
  /** Calls of the key that are under way. */
  heldBy(keyId: string): number;
  /** Number of the key's last call among all that began; 0 where none is remembered. */
  lastOf(keyId: string): number;
  /** Whether it may begin one, and has fewer than every key may have. */
  hasFew(keyId: string): boolean;
  /** Takes a slot; returns the function that gives it back. */
  begin(host: string, keyId: string): () => void;
  /** Remembers of a host, and of a key, whether its calls are answered. */
  recordEnd(host: string, keyId: string, end: CallEnd): void;
}

const maxAtOnce = 64;
const maxPerKey = 32;
/** Calls that every key may have while others hold much: of the slots that are left, so many are for keys with fewer. */
const fewOfKey = 4;
const keptForFew = 24;
/** And so many of them for keys without a call. */
const keptForFirst = 12;
const maxPerHost = 4;
/** Of a host that kept the last call waiting so long for nothing: dead ones must not hold every slot. */
const maxPerSilentHost = 1;
const silentMs = 1_000;
/** How many silent hosts, keys with such, and keys that began calls are remembered. */
const maxRemembered = 10_000;

export function createSlots(): Slots {
  const ofHost = createCounts();
  const ofKey = createCounts();
  const silentHosts = new Set<string>();
  /** Of keys that may have less than others: halved by each call that hangs, and one more for each that is answered. */
  const allowed = new Map<string, number>();
  /** Of keys, the number of their last call; first the key that has waited longest. */
  const lastCalls = new Map<string, number>();
  let begun = 0;
  let inUse = 0;

  const free = () => maxAtOnce - inUse;
  const allowedTo = (keyId: string) => allowed.get(keyId) ?? maxPerKey;

  function mayBegin(keyId: string): boolean {
    const held = ofKey.of(keyId);
    if (held === 0) return free() > 0;
    if (held < fewOfKey) return free() > keptForFirst;
    return held < allowedTo(keyId) && free() > keptForFew;
  }

  return {
    get isFull() {
      return free() <= 0;
    },
    get isScarce() {
      return free() <= keptForFirst;
    },
    roomAt: (host) => (silentHosts.has(host) ? maxPerSilentHost : maxPerHost) - ofHost.of(host),
    mayBegin,
    heldBy: ofKey.of,
    lastOf: (keyId) => lastCalls.get(keyId) ?? 0,
    hasFew: (keyId) => ofKey.of(keyId) < fewOfKey && mayBegin(keyId),
    begin(host, keyId) {
      inUse += 1;
      ofHost.add(host, 1);
      ofKey.add(keyId, 1);
      lastCalls.delete(keyId);
      lastCalls.set(keyId, (begun += 1));
      if (lastCalls.size > maxRemembered) lastCalls.delete(lastCalls.keys().next().value ?? '');
      return () => {
        inUse -= 1;
        ofHost.add(host, -1);
        ofKey.add(keyId, -1);
      };
    },
    recordEnd(host, keyId, { isAnswered, durationMs }) {
      if (isAnswered) {
        silentHosts.delete(host);
        if (allowedTo(keyId) + 1 >= maxPerKey) allowed.delete(keyId);
        else allowed.set(keyId, allowedTo(keyId) + 1);
      } else if (durationMs >= silentMs) {
        if (silentHosts.size < maxRemembered) silentHosts.add(host);
        if (allowed.has(keyId) || allowed.size < maxRemembered)
          allowed.set(keyId, Math.max(fewOfKey, Math.floor(allowedTo(keyId) / 2)));
      }
    },
  };
}
