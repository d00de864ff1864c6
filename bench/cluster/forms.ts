// The whole form of the cluster test, and a small one.

import { type ClusterEvent, smallEvents, wholeEvents } from './events.ts';

export interface Form {
  /** Number of tasks. */
  count: number;
  apis: number;
  workers: number;
  pollers: number;
  /** Clients with long polls. */
  waiters: number;
  /** Clients with a stream of all events. */
  followers: number;
  leaseMs: number;
  /** Time that a busy machine may take beside a lease, a sweep each second, and the call that follows it; a lock that a lost node has may outlast its lease. */
  slackMs: number;
  events: readonly ClusterEvent[];
  /** Whether the way of a worker to the database is a network of its own, where this process may make one: two runs at once can't. */
  hasNetwork: boolean;
}

export const forms: Readonly<Record<'whole' | 'small', Form>> = {
  whole: {
    count: 3_000,
    apis: 3,
    workers: 3,
    pollers: 20,
    waiters: 6,
    followers: 2,
    leaseMs: 4_000,
    slackMs: 5_000,
    events: wholeEvents,
    hasNetwork: true,
  },
  small: {
    count: 60,
    apis: 1,
    workers: 2,
    pollers: 3,
    waiters: 1,
    followers: 1,
    leaseMs: 1_000,
    slackMs: 15_000,
    events: smallEvents,
    hasNetwork: false,
  },
};
