// Proxies on the way out, by the settings.

import type { Config } from '../../config/settings.ts';
import { createProxies, type Proxies } from '../../lib/network/proxies.ts';
import type { Through } from '../../outside/guarded-fetch-connections.ts';

type Settings = Pick<Config, 'https_proxy' | 'http_proxy' | 'no_proxy' | 'link_proxy'>;

export function proxiesOf({ https_proxy: https, http_proxy: http, no_proxy: none }: Settings): Proxies {
  return createProxies({ https, http, none });
}

/** Way of links of users and of webhooks; nothing where they go directly. */
export function linksThrough(config: Settings): { through?: Through } {
  return config.link_proxy === 'none' ? {} : { through: throughOf(config) };
}

/** Way of results that an upstream gives a link to: as its calls go, and by address unless the settings have a word for links. */
export const resultsThrough = (config: Settings): { through: Through } => ({ through: throughOf(config) });

const throughOf = (config: Settings): Through => ({
  ...proxiesOf(config),
  by: config.link_proxy === 'by_name' ? 'name' : 'address',
});
