// Joins everything that is reached over HTTP: the status call's quick way, and every face with what it needs.

import { buildAccess } from './access.ts';
import { buildFaces } from './faces.ts';
import { buildRates } from './rates.ts';
import type { AppParts } from './parts.ts';
import { buildIntake } from './submits.ts';
import type { Config } from '../config/settings.ts';
import { startEndingWaits } from '../core/keys/end-waits.ts';
import { startKeyUses } from '../core/keys/key-uses.ts';
import { startLookingAtWatched } from '../core/tasks/look-at-watched.ts';
import { createWatch } from '../core/tasks/watch.ts';
import { createCallCounter } from '../http/access/call-counter.ts';
import { createSlowWrongKeys } from '../http/access/wrong-keys.ts';
import { createApp } from '../http/app.ts';
import { createBodyReader } from '../http/body/read-body.ts';
import { createCallerAddress } from '../http/connections/caller-address.ts';
import { createOpenWaits } from '../http/connections/open-waits.ts';
import { createForeignCheck } from '../http/links/own-hosts.ts';
import { tasksPath } from '../http/paths.ts';
import { healthFace } from '../http/routes/health.ts';
import { metricsFace, type Scrape } from '../http/routes/metrics.ts';
import { createRequestCounts } from '../http/route/request-counts.ts';
import { falTarget } from '../http/faces/fal/fal-target.ts';
import { createServe } from '../http/route/serve.ts';
import { createStatusFastPath } from '../http/status/status-fast-path.ts';
import { createStatusReader } from '../http/status/status-reader.ts';
import { createEarlierTries } from '../http/submit/earlier-tries.ts';
import { startSystemTimer } from '../lib/timers.ts';
import { createLoopQueue } from '../lib/turns/loop-queue.ts';

/** How long open connections may last once everything else has stopped. */
const closeConnectionsMs = 5_000;

/** Application, and what else a server does with it. */
interface BuiltApp {
  app: ReturnType<typeof createApp>;
  /** Ends the open long polls and event streams; called before the app is closed, which `lifetime` does. */
  drain: () => void;
  /** Gives the metrics, for their own port. */
  scrape: Scrape;
}

export function buildApp(config: Config, lifetime: AsyncDisposableStack, parts: AppParts): BuiltApp {
  const { store, changes, clock, emit, views, publicUrl } = parts;
  const callerAddress = createCallerAddress(config.trusted_proxies);
  const uses = startKeyUses({ store, clock, startTimer: startSystemTimer });
  lifetime.defer(() => uses.stop());
  const caller = { callerAddress, onUse: uses.note };
  const { locks, peekCaller, cookie, forget } = buildAccess(config, parts, caller);
  const { authorize, own } = locks;
  const isShared = config.database_url !== undefined;
  const reader = createStatusReader({ store, views, changes, isShared });
  const bodies = lifetime.adopt(createBodyReader({ memoryBytes: 8 * config.max_body_bytes }), (each) =>
    each.close(),
  );
  const { drain, ...waiting } = buildWaits(config, lifetime, parts, forget);
  const rates = buildRates(parts, lifetime);
  const counter = createCallCounter(rates);
  const publicPath = () => new URL(publicUrl()).pathname.replace(/\/$/, '');
  const { requests, scrape } = buildCounted(parts);
  const faces = buildFaces({
    config,
    parts,
    intake: buildIntake(config, parts),
    serve: createServe({ locks, bodies, clock, callerAddress, counter, refuseUnbegun: parts.refuseUnbegun }),
    authorize,
    cookie,
    forgetKeys: forget,
    rates,
    bodies,
    reader,
    ...waiting,
    callerAddress,
    publicPath,
    scrape,
  });
  const app = createApp({
    ...(config.auth === 'open' ? { foreign: createForeignCheck(own) } : {}),
    statusFastPath: createStatusFastPath({
      peekCaller,
      reader,
      callerAddress,
      rates,
      answered: requests.of('GET', `${tasksPath}/:id`),
    }),
    callerAddress,
    slowWrongKeys: createSlowWrongKeys({
      callerAddress,
      trustedProxies: config.trusted_proxies,
      clock,
      emit,
    }),
    publicPath,
    rewriteTarget: falTarget,
    requests,
    tracer: parts.tracer,
    emit,
    faces,
  });
  lifetime.defer(() => closeApp(app));
  return { app, drain, scrape };
}

/** Builds what calls that wait have in common. */
function buildWaits(
  config: Config,
  lifetime: AsyncDisposableStack,
  { store, nodes, changes, clock }: AppParts,
  forget: () => void,
) {
  const waits = createOpenWaits({ maxPerKey: config.max_waiting_per_key });
  lifetime.defer(startEndingWaits({ store, waits, forget, clock, startTimer: startSystemTimer }));
  const tries = createEarlierTries({ store, nodes, clock, startTimer: startSystemTimer });
  lifetime.defer(() => tries.stop());
  const followers = createLoopQueue();
  const watch = createWatch(changes, followers);
  lifetime.defer(startLookingAtWatched({ store, watch, startTimer: startSystemTimer }));
  const drain = () => {
    waits.drain();
    tries.drain();
  };
  return { waits, tries, followers, watch, drain };
}

/** Builds what a server of role `worker` listens with: whoever watches it may ask for its health and its metrics, and nobody for anything else. */
export function buildHealthApp(config: Config, lifetime: AsyncDisposableStack, parts: AppParts): BuiltApp {
  const callerAddress = createCallerAddress(config.trusted_proxies);
  const { locks } = buildAccess(config, parts, { callerAddress });
  const bodies = lifetime.adopt(createBodyReader({ memoryBytes: config.max_body_bytes }), (each) =>
    each.close(),
  );
  const { clock, refuseUnbegun } = parts;
  const serve = createServe({ locks, bodies, clock, callerAddress, refuseUnbegun });
  const { requests, scrape } = buildCounted(parts);
  const app = createApp({
    statusFastPath: () => false,
    callerAddress,
    describeUnknownPath: () =>
      'There is nothing at this path: this server runs tasks only, and says at /healthz, /readyz and /metrics how it is.',
    requests,
    emit: parts.emit,
    faces: [healthFace({ serve, admission: parts.admission }), metricsFace({ serve, scrape })],
  });
  lifetime.defer(() => closeApp(app));
  return { app, drain: () => {}, scrape };
}

/** Builds the counts of requests, and the metrics that have them. */
function buildCounted({ createScrape }: AppParts) {
  const requests = createRequestCounts();
  return { requests, scrape: createScrape(requests.list) };
}

async function closeApp(app: ReturnType<typeof createApp>): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), closeConnectionsMs);
  await app.close();
  clearTimeout(cut);
}
