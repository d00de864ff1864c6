// Counts the open long polls and event streams, limits them for each key, and ends them when the server stops. Streams opened by
// a signed link are counted apart, so that they never use up what the owner of the task may have.

import { RequestError } from '../../core/errors.ts';

export interface OpenWaits {
  /**
   * Counts one more wait. Returns the function that ends it, which may be called again without effect. `drained` is called when
   * the server begins to stop, but not for a wait that begins after that. `linkedTask` is the task of the signed link that opened
   * the wait, and is left out where a key did. Throws `RequestError` (`rate_limited`).
   */
  enter(keyId: string, drained: () => void, linkedTask?: string): () => void;
  /** Keys that have waits open. */
  keyIds(): string[];
  /** Ends the waits of a key, but for those that links opened. */
  endOf(keyId: string): void;
  /** Whether the server is stopping, so that nobody may wait. */
  readonly isDraining: boolean;
  drain(): void;
}

/** Estimate of when another wait of the key will have ended: most last for half a minute and begin at any time. */
const retryAfterSeconds = 5;
/** Enough for some tabs and reloads of the owner's page, and not for everybody who was sent the link. */
const defaultPerLinkedTask = 20;

/**
 * Makes the counter. `maxPerKey` limits the waits of a key, and apart from them the streams opened by all signed links to its
 * tasks; `maxPerLinkedTask` limits the streams opened by links to one task.
 */
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
    keyIds: byKey.ids,
    endOf: byKey.drain,
    get isDraining() {
      return isDraining;
    },
    drain() {
      isDraining = true;
      byKey.drainAll();
      byLinkOfKey.drainAll();
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
    ids: (): string[] => [...groups.keys()],
    drain(id: string): void {
      for (const drained of groups.get(id) ?? []) drained();
    },
    drainAll(): void {
      // Each is removed when it is called, and a set may lose members while it is iterated.
      for (const group of groups.values()) for (const drained of group) drained();
    },
  };
}

function tooMany(message: string): RequestError {
  return new RequestError('rate_limited', message, { retryAfterSeconds });
}
