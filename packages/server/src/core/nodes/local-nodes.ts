// The nodes of a store that one process owns: that process, in its memory.

import type { Duty, Node, NodeStore } from './nodes.ts';

export function createLocalNodes(): NodeStore {
  const nodes = new Map<string, Node>();
  const duties = new Map<Duty, { id: string; until: number }>();
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
    async claimDuty(duty, { id, now, until }) {
      const holder = duties.get(duty);
      if (holder !== undefined && holder.id !== id && holder.until > now) return false;
      duties.set(duty, { id, until });
      return true;
    },
    async forgetNodes(since) {
      for (const { id, heartbeatAt } of nodes.values()) if (heartbeatAt < since) nodes.delete(id);
    },
  };
}
