// Metrics of the process: its event loop, its memory, its processor time. They are of all servers in it, and begin with the first scrape, so
// that nothing is measured for nobody.

import { collectDefaultMetrics, Registry } from 'prom-client';

/** Go through every open connection at each scrape, and say nothing that the others don't. */
const dear = ['active_handles', 'active_requests', 'active_resources'];

let registry: Registry | undefined;

export function processMetrics(): Registry {
  if (registry !== undefined) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'plantain_' });
  for (const name of dear.flatMap((each) => [each, `${each}_total`]))
    registry.removeSingleMetric(`plantain_nodejs_${name}`);
  return registry;
}
