// For tests: upstreams whose calls the test answers, and the router over them.

import sharp from 'sharp';
import { TaskError, type TaskFailure } from '../core/errors.ts';
import type { Limits } from '../core/upstreams/routes.ts';
import type {
  StartedOperation,
  Upstream,
  UpstreamContext,
  UpstreamRequest,
  UpstreamResult,
} from '../core/upstreams/upstream.ts';
import type { Clock } from '../lib/clock.ts';
import { createRouter, type UpstreamRouter } from '../routing/router.ts';
import type { UsedToday } from '../routing/settings.ts';

/** A picture of stripes that is near enough to 1K, and quick to decode. */
export const png = await sharp(
  Uint8Array.from({ length: 640 * 480 }, (_, at) => (at >> 12) % 2),
  { raw: { width: 640, height: 480, channels: 1 } },
)
  .normalise()
  .png({ palette: true })
  .toBuffer();
export const result: UpstreamResult = { pictures: [png], description: 'done', warnings: [] };

/** One call that the upstream was asked for. */
export interface UpstreamCall {
  request: UpstreamRequest;
  context: UpstreamContext;
}

/** A credential of the upstream `test`, or of another when it says so. */
export interface TestCredential {
  upstreamName?: string;
  label: string;
  upstream: Upstream;
  /** Of its upstream; those of the first credential count. */
  limits?: Limits;
}

export interface TestRouting {
  /** Names of the upstreams of each model; without them all serve `nano-banana`, in the order of the credentials. */
  routes?: Record<string, string[]>;
  usedToday?: UsedToday[];
  /** Whether other processes call the upstreams too. */
  isShared?: boolean;
}

export type Answer = (
  call: UpstreamCall,
) => Promise<UpstreamResult | StartedOperation> | UpstreamResult | StartedOperation;

/** An upstream that can do everything and whose calls are answered by the test. */
export function makeUpstream(answer: Answer, more: Partial<Upstream> = {}): Upstream {
  return {
    name: 'test',
    capabilities: () => ({ ratios: 'any', sizes: ['512', '1K', '2K', '4K'], maxInputs: 14, seed: true }),
    start: async (request, context) => answer({ request, context }),
    check: async () => 'works',
    ...more,
  };
}

/** A router over the upstreams of these credentials. */
export function createTestRouter(
  credentials: readonly TestCredential[],
  { routes, usedToday = [], isShared = false }: TestRouting,
  clock: Clock,
): UpstreamRouter {
  const upstreams = [...Map.groupBy(credentials, ({ upstreamName = 'test' }) => upstreamName)];
  const names = routes ?? { 'nano-banana': upstreams.map(([name]) => name) };
  return createRouter({
    upstreams: upstreams.map(([name, members]) => ({
      name,
      kind: 'test',
      limits: members[0]?.limits ?? {},
      keyLimits: {},
      quotaReset: { hour: 0, minute: 0, timeZone: 'UTC' },
      credentials: members.map(({ label, upstream }) => ({ label, upstream })),
    })),
    routes: new Map(
      Object.entries(names).map(([model, served]) => [
        model,
        served.map((name) => ({ upstreamName: name, upstreamModel: `${name}-1` })),
      ]),
    ),
    clock,
    random: () => 0.5,
    usedToday,
    isShared,
  });
}

export const failWith = (failure: Partial<TaskFailure>) => {
  throw new TaskError({
    type: 'upstream_unavailable',
    message: 'Out of order.',
    retryable: true,
    ...failure,
  });
};

/** Obeys its signal and does nothing else. */
export const obedientHang = ({ context: { signal } }: UpstreamCall) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
export const deafHang = () => new Promise<never>(() => {});
