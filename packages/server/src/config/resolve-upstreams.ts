// From the settings of upstreams, routes and prices, as the environment and the file gave them, to what the server works with.

import { upstreamKinds } from '../core/models/models.ts';
import { shippedPriceOf } from '../core/models/shipped-prices.ts';
import type { ImageSize } from '../core/tasks/task.ts';
import type { ConfiguredUpstream, ResolvedUpstreams } from './configured-upstream.ts';
import type { Environment } from './resolve-keys.ts';
import { resolveRoutes } from './resolve-routes.ts';
import { isGiven, keylessCredentials, resolveUpstream } from './resolve-upstream.ts';
import type { GivenSettings } from './settings.ts';

/** The upstream as long as none is configured. */
const sandbox: ConfiguredUpstream = {
  name: 'sandbox',
  kind: 'sandbox',
  limits: {},
  keyLimits: {},
  quotaReset: { hour: 0, minute: 0, timeZone: 'UTC' },
  credentials: keylessCredentials,
};

/**
 * `unread` names the upstreams whose own settings could not be read, which is in the report already: nothing else is said of
 * them. Where there are faults, `resolved` is of no use.
 */
export function resolveUpstreams(
  settings: GivenSettings,
  environment: Environment,
  unread: ReadonlySet<string> = new Set(),
): { resolved: ResolvedUpstreams; faults: string[] } {
  const faults: string[] = [];
  const inFile = Object.entries(settings.upstreams).filter(([name]) => !unread.has(name));
  const inEnvironment = upstreamKinds
    .filter(
      (kind) => !unread.has(kind) && !Object.hasOwn(settings.upstreams, kind) && isGiven(kind, settings),
    )
    .map((kind) => [kind, {}] as const);
  const entries = [...inFile, ...inEnvironment];
  const configured = entries.flatMap(
    ([name, entry]) => resolveUpstream(name, entry, { settings, environment, faults }) ?? [],
  );
  const upstreams = entries.length === 0 && unread.size === 0 ? [sandbox] : configured;
  const unusable = new Set([...unread, ...entries.map(([name]) => name)]);
  for (const { name } of upstreams) unusable.delete(name);
  const {
    routes,
    models,
    faults: faultsOfRoutes,
  } = resolveRoutes(settings.routes, upstreams, unusable, settings.default_model);
  const places = new Set<string>([
    ...upstreamKinds,
    'sandbox',
    ...unusable,
    ...upstreams.map(({ name }) => name),
  ]);
  faults.push(
    ...faultsOfRoutes,
    ...faultsOfPrices(Object.keys(settings.prices), places),
    ...faultsOfSellingPrices(Object.keys(settings.selling_prices), models),
    ...faultsOfNames(settings.model_names, models),
  );
  const priceOf = priceTable(settings.prices);
  const sellingPriceOf = sellingPriceTable(settings.selling_prices, models);
  return { faults, resolved: { upstreams, routes, models, priceOf, sellingPriceOf } };
}

function priceTable(prices: GivenSettings['prices']): ResolvedUpstreams['priceOf'] {
  return (upstreamName, kind, model) =>
    prices[`${upstreamName}/${model}`] ?? prices[`${kind}/${model}`] ?? shippedPriceOf(kind, model);
}

function faultsOfPrices(names: readonly string[], places: ReadonlySet<string>): string[] {
  return names
    .filter((name) => !/^[^/]+\/./.test(name) || !places.has(name.slice(0, name.indexOf('/'))))
    .map(
      (name) =>
        `prices.${name} must be named as upstream/model or kind/model; the kinds are ${upstreamKinds.join(', ')}`,
    );
}

/** A model that another one stands in for sells at that one's price: otherwise its name would be a way around it. */
function sellingPriceTable(
  prices: GivenSettings['selling_prices'],
  models: ResolvedUpstreams['models'],
): ResolvedUpstreams['sellingPriceOf'] {
  const standIns = new Map(
    models.flatMap((model) =>
      'standIn' in model && model.standIn !== undefined ? [[model.name, model.standIn]] : [],
    ),
  );
  const listed = (model: string | undefined, size: ImageSize) => {
    const price = model !== undefined && Object.hasOwn(prices, model) ? prices[model] : undefined;
    return typeof price === 'number' ? price : price?.[size];
  };
  return (model, size) => listed(model, size) ?? listed(standIns.get(model), size);
}

function faultsOfSellingPrices(names: readonly string[], models: ResolvedUpstreams['models']): string[] {
  const known = new Set(models.map(({ name }) => name));
  return names
    .filter((name) => !known.has(name))
    .map((name) => {
      const alias = models.find((model) => 'aliases' in model && model.aliases.includes(name));
      return alias === undefined
        ? `selling_prices.${name} is no model; there are ${[...known].join(', ')}`
        : `selling_prices.${name} is another name of ${alias.name}; use ${alias.name}`;
    });
}

/** Each name leads to a model, and takes none away from whoever asks for it by its own name. */
function faultsOfNames(names: GivenSettings['model_names'], models: ResolvedUpstreams['models']): string[] {
  const targets = new Set(
    models.flatMap((model) => ('aliases' in model ? [model.name, ...model.aliases] : [model.name])),
  );
  const served = new Set(models.filter((model) => !('standIn' in model)).map(({ name }) => name));
  return Object.entries(names).flatMap(([name, target]) => {
    if (served.has(name)) return [`model_names.${name} is a model that an upstream serves`];
    return targets.has(target)
      ? []
      : [`model_names.${name} leads to no model: there is none named ${target}`];
  });
}
