// The upstreams as the router takes them.

import type { Upstream } from '../core/upstreams/upstream.ts';
import type { Limits, QuotaReset } from '../core/upstreams/routes.ts';

export interface RoutedCredential {
  /** Its name among the upstream's keys; gives nothing of the key away. */
  label: string;
  /** Tells it from another key that has had its label. */
  fingerprint?: string | undefined;
  /** The adapter with this key. */
  upstream: Upstream;
  /** Limits of this key in place of the upstream's `keyLimits`. */
  limits?: Limits | undefined;
}

export interface RoutedUpstream {
  /** Unique. */
  name: string;
  /** Such as `gemini`. */
  kind: string;
  /** For all keys together. */
  limits: Limits;
  /** For each key. */
  keyLimits: Limits;
  /** When the quotas of a day begin anew. */
  quotaReset: QuotaReset;
  credentials: readonly RoutedCredential[];
  /** Its failures are made up on demand, so nothing is learned from them. */
  simulated?: boolean | undefined;
}

/** Requests that an upstream was sent since its last reset, by key; `null` where the key is not known. */
export interface UsedToday {
  upstream: string;
  credential: string | null;
  count: number;
}
