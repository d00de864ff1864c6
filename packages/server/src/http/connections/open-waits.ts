// Callers that wait for news at this moment, by long poll or stream: limited for each key, and all told when the server stops. One that
// holds only a link is counted apart, so that it never takes a place from the owner of the task.

import { RequestError } from '../../core/errors.ts';

export interface OpenWaits {
  /**
   * Counts one more; returns the function that counts it out, which may be called again without effect. Throws `RequestError`
   * (`rate_limited`). `drained` is called when the server stops, but not of one that comes when it is stopping already. `linkedTask`
   * is the task of the link by which it came, where it came without the key.
   */
  enter(keyId: string, drained: () => void, linkedTask?: string): () => void;
  /** From here on nobody is to wait. */
  readonly isDraining: boolean;
  drain(): void;
}

/** A guess of when another wait of the key will have ended: most last for half a minute, and begin at any time. */
const retryAfterSeconds = 5;
/** A page of its owner's with some tabs and reloads, and not everybody who was sent the link. */
const defaultPerLinkedTask = 20;

/** All links of a key may together have as many streams open as the key may have waits, beside those. */
export function createOpenWaits({
  maxPerKey,
  maxPerLinkedTask = defaultPerLinkedTask,
}: {
  maxPerKey: number;
  maxPerLinkedTask?: number;
}): OpenWaits {
  const byKey = createGroups();
  const byLinkOfKey = createGroups();
  const byLinkedTask = createGroups();
  let isDraining = false;
  return {
    enter(keyId, drained, linkedTask) {
      if (linkedTask === undefined) {
        if (byKey.sizeOf(keyId) >= maxPerKey)
          throw tooMany(
            `This key has ${maxPerKey} long polls and event streams open, which is as many as it may have. Close some of them, or ask without waiting.`,
          );
        return byKey.add(keyId, drained);
      }
      if (byLinkedTask.sizeOf(linkedTask) >= maxPerLinkedTask || byLinkOfKey.sizeOf(keyId) >= maxPerKey)
        throw tooMany(
          'As many event streams are open by links to this task, or by all links of its owner’s, as may be. Close some of them, or come again later.',
        );
      const endings = [byLinkedTask.add(linkedTask, drained), byLinkOfKey.add(keyId, drained)];
      return () => {
        for (const end of endings) end();
      };
    },
    get isDraining() {
      return isDraining;
    },
    drain() {
      isDraining = true;
      byKey.tellAll();
      byLinkOfKey.tellAll();
    },
  };
}

function createGroups() {
  const groups = new Map<string, Set<() => void>>();
  return {
    sizeOf: (id: string): number => groups.get(id)?.size ?? 0,
    add(id: string, drained: () => void): () => void {
      const group = groups.get(id) ?? new Set();
      groups.set(id, group.add(drained));
      return () => {
        if (group.delete(drained) && group.size === 0) groups.delete(id);
      };
    },
    tellAll(): void {
      // Each leaves when it is told, which a walk over a set does not mind.
      for (const group of groups.values()) for (const drained of group) drained();
    },
  };
}

function tooMany(message: string): RequestError {
  return new RequestError('rate_limited', message, { retryAfterSeconds });
}
