// Builds the metrics: who listens to the events, what is asked at a scrape, and the port of their own.

import { once } from 'node:events';
import { version } from '../cli/version.ts';
import type { Config } from '../config/settings.ts';
import { StartRefusedError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { eventLevels } from '../event-log.ts';
import type { Clock } from '../lib/clock.ts';
import { errorName } from '../lib/error-name.ts';
import { startSystemTimer } from '../lib/timers.ts';
import { createOwnHosts } from '../http/links/own-hosts.ts';
import { createMetricsServer } from '../http/metrics-server.ts';
import type { Scrape } from '../http/routes/metrics.ts';
import { createMetrics, type Metrics } from '../metrics/metrics.ts';
import type { CountedRequests } from '../metrics/request-metrics.ts';
import type { UpstreamRouter } from '../routing/router.ts';
import { isOnlyHere } from './doctor/check-links.ts';
import type { Storage } from './storage.ts';

/** Makes the function that gives the metrics, with the requests that were counted. */
export type CreateScrape = (requests: () => readonly CountedRequests[]) => Scrape;

export function buildMetrics(config: Config): Metrics {
  const { models, upstreams } = config.resolved;
  return createMetrics({
    models: models.map(({ name }) => name),
    upstreams: upstreams.map(({ name }) => name),
    groups: new Map(Object.entries(config.metrics_owner_groups)),
    events: Object.keys(eventLevels),
    info: { version, role: config.role, store: config.database_url === undefined ? 'sqlite' : 'postgres' },
  });
}

export function buildScrape(
  { role, concurrency, min_free_disk_bytes: minFreeBytes }: Config,
  metrics: Metrics,
  {
    storage: { store, freeBytes },
    clock,
    router,
    running,
  }: { storage: Storage; clock: Clock; router: UpstreamRouter; running: () => number },
): CreateScrape {
  return (requests) =>
    metrics.createScrape({
      store,
      clock,
      startTimer: startSystemTimer,
      upstreams: () => router.snapshot(),
      running,
      places: role === 'api' ? 0 : concurrency,
      freeBytes,
      minFreeBytes,
      requests,
    });
}

/**
 * Serves the metrics on their own port, where the settings have one, until `lifetime` ends; gives the address. Rejects with `StartRefusedError`
 * where nothing can listen there.
 */
export async function serveMetrics(
  { metrics_port: port, metrics_host: host, public_url: publicUrl }: Config,
  lifetime: AsyncDisposableStack,
  { scrape, emit }: { scrape: Scrape; emit: Emit },
): Promise<string | null> {
  if (port === undefined) return null;
  // Elsewhere scrapers come by names that no setting has, and no browser by one that its user did not choose.
  const own = isOnlyHere(host) ? createOwnHosts({ host, publicUrl }) : null;
  const server = createMetricsServer(scrape, {
    isOwnHost: (given) => own?.hasHost(given) ?? true,
    onFault: (error) =>
      emit('request_failed', { requestId: 'metrics', route: '/metrics', error: errorName(error) }),
  });
  server.listen(port, host);
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw new StartRefusedError(
      `The metrics can’t be served on port ${port} of ${host} (${error.code}). Choose others by metrics_port (PLANTAIN_METRICS_PORT) and metrics_host (PLANTAIN_METRICS_HOST).`,
      { cause: error },
    );
  });
  lifetime.defer(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close').catch(() => {});
  });
  const address = server.address();
  const bound = typeof address === 'object' ? (address?.port ?? port) : port;
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound}/metrics`;
}
