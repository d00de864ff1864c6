// Upstreams, routes and prices as configured, once everything that was left out is filled in.

import type { Model, UpstreamKind } from '../core/models/models.ts';
import type { Price } from '../core/models/pricing.ts';
import type { ImageSize } from '../core/tasks/task.ts';
import type { Limits, QuotaReset, Route } from '../core/upstreams/routes.ts';

export interface ConfiguredCredential {
  /** Names the key where it is shown or stored, and gives nothing of it away. */
  label: string;
  /** Left out where the upstream takes calls without one. */
  key?: string;
  /** Of this key alone; they go before the `keyLimits` of its upstream. */
  limits: Limits;
}

export interface ConfiguredUpstream {
  name: string;
  kind: UpstreamKind | 'sandbox';
  /** Where it is reached, when not where its kind usually is; without a slash at its end. */
  baseUrl?: string;
  /** How long one call may take, when not as long as its kind usually lets it. */
  timeoutMs?: number;
  /** Of the upstream as a whole. */
  limits: Limits;
  /** Of each of its keys. */
  keyLimits: Limits;
  /** When a day's quota begins anew: the time on the clock of an IANA time zone. */
  quotaReset: QuotaReset;
  /** At least one. */
  credentials: readonly ConfiguredCredential[];
}

/** A model that the operator's routes made; what it takes is what the upstreams of its routes take. */
export interface NewModel {
  name: string;
  custom: true;
}

export interface ResolvedUpstreams {
  /** At least one; with nothing configured, the sandbox alone. */
  upstreams: readonly ConfiguredUpstream[];
  /** By the model's own name: what serves each of `models`, first choice first. */
  routes: ReadonlyMap<string, readonly Route[]>;
  /** The shipped ones, OpenAI’s own, then the new ones. */
  models: readonly (Model | NewModel)[];
  /** The price of a model at an upstream, where it is known: the operator's prices for the upstream, for its kind, then the shipped ones. */
  priceOf(upstreamName: string, kind: string, upstreamModel: string): Price | undefined;
  /** The operator's own price of a picture of a model, in US dollars, where there is one. */
  sellingPriceOf(model: string, size: ImageSize): number | undefined;
}
