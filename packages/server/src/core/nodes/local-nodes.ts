// The nodes of a store that one process owns: that process, in its memory.

import type { Node, NodeStore } from './nodes.ts';

export function createLocalNodes(): NodeStore {
  const nodes = new Map<string, Node>();
  return {
    async beat(node) {
      nodes.set(node.id, node);
    },
    async leave(id) {
      nodes.delete(id);
    },
    async listNodes(since) {
      const found = [...nodes.values()].filter(({ heartbeatAt }) => heartbeatAt >= since);
      return found.toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1));
    },
    async forgetNodes(since) {
      for (const { id, heartbeatAt } of nodes.values()) if (heartbeatAt < since) nodes.delete(id);
    },
  };
}
