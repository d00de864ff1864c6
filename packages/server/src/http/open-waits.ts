// Who waits for news at this moment, by long poll or stream: limited for each key, and all told when the server stops.

import { RequestError } from '../core/errors.ts';

export interface OpenWaits {
  /**
   * Counts one more; returns the function that counts it out, which may be called again without effect. Throws `RequestError`
   * (`rate_limited`). `drained` is called when the server stops, but not of one that comes when it is stopping already.
   */
  enter(keyId: string, drained: () => void): () => void;
  /** From here on nobody is to wait. */
  readonly isDraining: boolean;
  drain(): void;
}

/** A guess of when another wait of the key will have ended: most last for half a minute, and begin at any time. */
const retryAfterSeconds = 5;

export function createOpenWaits({ maxPerKey }: { maxPerKey: number }): OpenWaits {
  const open = new Map<string, Set<() => void>>();
  let isDraining = false;
  return {
    enter(keyId, drained) {
      const ofKey = open.get(keyId) ?? new Set();
      if (ofKey.size >= maxPerKey)
        throw new RequestError(
          'rate_limited',
          `This key has ${maxPerKey} long polls and event streams open, which is as many as it may have. Close some of them, or ask without waiting.`,
          { retryAfterSeconds },
        );
      open.set(keyId, ofKey.add(drained));
      return () => {
        if (ofKey.delete(drained) && ofKey.size === 0) open.delete(keyId);
      };
    },
    get isDraining() {
      return isDraining;
    },
    drain() {
      isDraining = true;
      // Each leaves when it is told, which a walk over a set does not mind.
      for (const ofKey of open.values()) for (const drained of ofKey) drained();
    },
  };
}
