// Builds the upstreams of the settings: one adapter for each credential, the router over them, the models that they serve, and the costs.
// The server and the `upstreams` command both start from here.

import { traceTransport } from './traces/spans.ts';
import { createHash } from 'node:crypto';
import type { ConfiguredCredential, ConfiguredUpstream } from '../config/configured-upstream.ts';
import type { Config } from '../config/settings.ts';
import type { Capabilities } from '../core/models/capabilities.ts';
import { clientNames } from '../core/models/client-names.ts';
import { createModelTable, fourteenRatios, type Model, type ModelTable } from '../core/models/models.ts';
import { costMicroUsd } from '../core/models/pricing.ts';
import { createQuote, type Quote } from '../core/models/quote.ts';
import type { ImageSize, Task } from '../core/tasks/task.ts';
import type { TaskQueue } from '../core/tasks/task-queue.ts';
import type { Tracer } from '../core/tracer.ts';
import type { Upstream } from '../core/upstreams/upstream.ts';
import type { Usage } from '../core/upstreams/usage.ts';
import { createAddressPolicy } from '../lib/addresses.ts';
import type { Clock } from '../lib/clock.ts';
import { proxiesOf, resultsThrough } from './network/proxies.ts';
import { createGuardedHop } from '../outside/guarded-hop.ts';
import { lastReset } from '../routing/daily-reset.ts';
import { createRouter, type UpstreamRouter } from '../routing/router.ts';
import { withDistinctPictures } from '../upstreams/results/distinct-pictures.ts';
import { createFal } from '../upstreams/fal/fal.ts';
import { createGemini } from '../upstreams/gemini/gemini.ts';
import { createNanoBanana } from '../upstreams/nano-banana/nano-banana.ts';
import { createOpenAi } from '../upstreams/openai/openai.ts';
import { createReplicate } from '../upstreams/replicate/replicate.ts';
import { createSandbox } from '../upstreams/sandbox/sandbox.ts';
import { createTransport, type Transport } from '../upstreams/transport.ts';

/** Limits of a result, which is paid for: only those of what this server can hold. 4K needs 17 million pixels. */
export const resultLimits = { maxBytes: 256 * 2 ** 20, maxPixels: 100_000_000 };

/** Limits of a partial image: an event of 32 MiB has no more bytes in base64, and a picture of 4K has 8.3 million pixels. */
export const partialImageLimits = { maxBytes: 24 * 2 ** 20, maxPixels: 20_000_000 };

/** Time limit for fetching a picture that an upstream gave a link to. */
const downloadMs = 120_000;

export type CreateAdapter = (upstream: ConfiguredUpstream, credential: ConfiguredCredential) => Upstream;

export interface BuiltUpstream extends ConfiguredUpstream {
  adapters: { label: string; upstream: Upstream }[];
}

/** Servers that call upstreams, as they were counted last. */
export interface LiveWorkers {
  count: number;
}

interface AdapterParts {
  clock: Clock;
  createAdapter?: CreateAdapter;
  /** Absent where no traces are kept. */
  tracer?: Tracer | undefined;
  /** Puts something around each call. */
  around?: (transport: Transport) => Transport;
}

/** Builds the adapters, the router and the models that they serve. `lifetime` closes the connections. */
export async function buildUpstreams(
  config: Config,
  lifetime: AsyncDisposableStack,
  { store, ...shared }: AdapterParts & { store: Pick<TaskQueue, 'countAttempts'> },
): Promise<{ router: UpstreamRouter; models: ModelTable; workers: LiveWorkers }> {
  const workers = { count: 1 };
  const upstreams = buildAdapters(config, lifetime, shared);
  return {
    workers,
    router: await buildRouter(config, upstreams, { ...shared, workers, countAttempts: store.countAttempts }),
    models: createModelTable(servedModels(config, upstreams), {
      set: config.model_names,
      shipped: clientNames,
    }),
  };
}

export function buildAdapters(
  config: Config,
  lifetime: AsyncDisposableStack,
  { clock, createAdapter, tracer, around = (transport) => transport }: AdapterParts,
): BuiltUpstream[] {
  const opened = lifetime.adopt(createTransport({ proxies: proxiesOf(config) }), (each) => each.close());
  const transport = traceTransport(tracer, around(opened));
  const create = createAdapter ?? adaptersOf(config, { clock, transport });
  return config.resolved.upstreams.map((upstream) => ({
    ...upstream,
    adapters: upstream.credentials.map((credential) => ({
      label: credential.label,
      upstream: withDistinctPictures(create(upstream, credential)),
    })),
  }));
}

function adaptersOf(
  config: Config,
  shared: { clock: Clock; transport: ReturnType<typeof createTransport> },
): CreateAdapter {
  const fetchPublic = createGuardedHop({
    policy: createAddressPolicy(config.allowed_private_hosts, { allowedPorts: config.link_ports }),
    limits: { maxBytes: resultLimits.maxBytes, totalMs: downloadMs },
    ...resultsThrough(config),
  });
  return ({ kind, baseUrl, timeoutMs }, { key = '' }) => {
    const options = {
      ...shared,
      apiKey: key,
      fetchPublic,
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    };
    const create: Record<ConfiguredUpstream['kind'], () => Upstream> = {
      gemini: () => createGemini(options),
      openai: () => createOpenAi(options),
      'nano-banana': () => createNanoBanana({ ...options, baseUrl: baseUrl ?? '' }),
      fal: () => createFal(options),
      replicate: () => createReplicate({ ...options, apiToken: key }),
      sandbox: () => createSandbox({ durationMs: config.sandbox_duration_ms }),
    };
    return create[kind]();
  };
}

/** Builds the router. `countAttempts` counts each credential's attempts since a time, so that a restart does not reset its daily quota. */
async function buildRouter(
  config: Config,
  upstreams: readonly BuiltUpstream[],
  {
    clock,
    workers,
    countAttempts,
  }: {
    clock: Clock;
    workers: LiveWorkers;
    countAttempts: TaskQueue['countAttempts'];
  },
): Promise<UpstreamRouter> {
  const used = upstreams.map(async ({ name, quotaReset }) => {
    const counts = await countAttempts(lastReset(clock.now(), quotaReset));
    return counts.filter(({ upstream }) => upstream === name);
  });
  const usedToday = (await Promise.all(used)).flat();
  return createRouter({
    upstreams: upstreams.map(({ adapters, credentials, ...upstream }) => ({
      ...upstream,
      // One client's test of its error handling must not stop another's.
      simulated: upstream.kind === 'sandbox',
      credentials: adapters.map((adapter, index) => ({
        ...adapter,
        fingerprint: fingerprintOf(credentials[index]?.key ?? ''),
        limits: credentials[index]?.limits,
      })),
    })),
    routes: config.resolved.routes,
    clock,
    random: Math.random,
    usedToday,
    isShared: config.database_url !== undefined,
    workers: () => workers.count,
  });
}

/** Tells a key from others, and gives nothing of it away. */
function fingerprintOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 16);
}

/**
 * Models as their routes can serve them. A model takes at most as many inputs as an upstream of its routes does. A model that only the
 * routes define takes the sizes and ratios of its upstreams. It takes a seed only where all of them do, and a mask, or gives partial images, where one does.
 */
export function servedModels(config: Config, upstreams: readonly BuiltUpstream[]): Model[] {
  const { models, routes } = config.resolved;
  return models.map((model): Model => {
    const capabilities = (routes.get(model.name) ?? []).flatMap(({ upstreamName, upstreamModel }) =>
      upstreams
        .filter(({ name }) => name === upstreamName)
        .flatMap(({ adapters }) => adapters[0]?.upstream.capabilities(upstreamModel) ?? []),
    );
    const maxInputs = Math.max(0, ...capabilities.map((each) => each.maxInputs));
    const { name } = model;
    const known = {
      takesSeed: capabilities.length > 0 && capabilities.every(({ seed }) => seed),
      takesMask: capabilities.some(({ mask = false }) => mask),
      givesPartialImages: capabilities.some(({ partialImages = false }) => partialImages),
    };
    if ('custom' in model)
      return Object.assign(joined(capabilities), { name, aliases: [], maxInputs, ...known });
    const { aliases, sizes, ratios, standIn } = model;
    const most = Math.min(model.maxInputs, maxInputs);
    const served = Object.assign(known, { name, aliases, sizes, ratios, maxInputs: most });
    return standIn === undefined ? served : Object.assign(served, { standIn });
  });
}

const allSizes: readonly ImageSize[] = ['512', '1K', '2K', '4K'];

/** Sizes and ratios that at least one of them can make. */
function joined(capabilities: readonly Capabilities[]): Pick<Model, 'sizes' | 'ratios'> {
  return {
    sizes: allSizes.filter((size) => capabilities.some(({ sizes }) => sizes.includes(size))),
    ratios: fourteenRatios.filter((ratio) =>
      capabilities.some(({ ratios }) => ratios === 'any' || ratios.includes(ratio)),
    ),
  };
}

/** Builds the function that finds the cost of a call, by the settings' prices and the shipped ones. */
export function buildCost(config: Config) {
  const kinds = new Map(config.resolved.upstreams.map(({ name, kind }) => [name, kind]));
  return (
    { upstream, upstreamModel }: { upstream: string; upstreamModel: string },
    spent: { usage: Usage | undefined; pictures: number; imageSize: Task['request']['imageSize'] },
  ): number | null =>
    costMicroUsd(config.resolved.priceOf(upstream, kinds.get(upstream) ?? '', upstreamModel), spent);
}

/** Builds the function that quotes a task, by the selling prices and the prices at the targets of the routes. */
export function buildQuote({ resolved }: Config): Quote {
  const { upstreams, routes, priceOf, sellingPriceOf } = resolved;
  const kinds = new Map(upstreams.map(({ name, kind }) => [name, kind]));
  return createQuote({
    sellingPriceOf,
    targetsOf: (model) =>
      (routes.get(model) ?? []).map(({ upstreamName, upstreamModel }) => {
        const kind = kinds.get(upstreamName) ?? '';
        // OpenAI's API streams one picture alone: `lacksStream` of its adapter.
        return { price: priceOf(upstreamName, kind, upstreamModel), streamsSeveral: kind !== 'openai' };
      }),
  });
}

/** Describes the upstreams in a few words. */
export function describeUpstreams({ upstreams }: Config['resolved']): string {
  if (upstreams.every(({ kind }) => kind === 'sandbox'))
    return 'sandbox (marked test pictures, no account; set GEMINI_API_KEY or another for real ones)';
  return upstreams
    .map(({ name, kind, baseUrl, credentials }) => {
      const place = baseUrl === undefined ? '' : ` at ${new URL(baseUrl).host}`;
      const keys = credentials.length === 1 ? '' : `, ${credentials.length} keys`;
      return `${name}${name === kind ? '' : ` (${kind})`}${place}${keys}`;
    })
    .join('; ');
}
