// Port of the nodes: the processes that serve one store, which say again and again that they live.

import type { RecentCalls } from '../upstreams/recent-calls.ts';

export const nodeRoles = ['all', 'api', 'worker'] as const;
export type NodeRole = (typeof nodeRoles)[number];

export interface Node {
  /** Drawn at each start of a process. */
  id: string;
  role: NodeRole;
  host: string;
  pid: number;
  /** Version of Plantain. */
  version: string;
  nodeVersion: string;
  /** Unix milliseconds. */
  startedAt: number;
  heartbeatAt: number;
  /** Number of tasks that run on it. */
  running: number;
  /** Number of tasks that it runs at once at most; 0 where it runs none. */
  concurrency: number;
  memoryBytes: number;
  heapUsedBytes: number;
  /** Its calls of late. */
  calls: readonly RecentCalls[];
}

/** `files`: to go through all files of the picture store. */
export type Duty = 'files';

export interface NodeStore {
  /** Records that a node lives, and how it is. */
  beat(node: Node): Promise<void>;
  /** Forgets a node that ends. */
  leave(id: string): Promise<void>;
  /** Lists nodes whose last heartbeat was at `since` or later, in the order of their starts. */
  listNodes(since: number): Promise<Node[]>;
  /**
   * Claims a duty that one node does at a time, so that no other has it until then. False where another has it at `now`. Whoever claimed it may
   * move its end.
   */
  claimDuty(duty: Duty, claim: { id: string; now: number; until: number }): Promise<boolean>;
  /** Forgets nodes whose last heartbeat was before `since`: they ended without saying so. */
  forgetNodes(since: number): Promise<void>;
}

/** A node that has been silent for longer has ended, was stopped, or is cut off from the store. */
export const liveMs = 10_000;

/** Whether the node has shown a sign of life of late. */
export function isLive({ heartbeatAt }: Pick<Node, 'heartbeatAt'>, now: number): boolean {
  return now - heartbeatAt <= liveMs;
}
