// Finds the upstreams that serve each model: the operator's routes, and for every other model all upstreams that are there.
// The sandbox stands behind no real upstream unless a route says so: made-up pictures must never pass for bought ones.

import { type GptModel, gptModels } from '../core/models/gpt-models.ts';
import { createModelTable, type Model, type ShippedModel, shippedModels } from '../core/models/models.ts';
import type { Route } from '../core/upstreams/routes.ts';
import type { ConfiguredUpstream, NewModel, ResolvedUpstreams } from './configured-upstream.ts';
import type { RouteEntry } from './upstream-settings.ts';

const shipped = createModelTable(shippedModels);

interface ResolvedRoutes extends Pick<ResolvedUpstreams, 'routes' | 'models'> {
  faults: string[];
}

/** Serves what no upstream serves, where the default model is such a one itself. */
const lastResort = shippedModels.find(({ name }) => name === 'nano-banana-2.1')!;

/**
 * `upstreams` in the order in which they are tried by default; `defaultModel` as the settings name it. `faulty` names those that
 * are in no state to be judged by, so that a route to one of them is no second fault.
 */
export function resolveRoutes(
  entries: Readonly<Record<string, readonly RouteEntry[]>>,
  upstreams: readonly ConfiguredUpstream[],
  faulty: ReadonlySet<string>,
  defaultModel: string,
): ResolvedRoutes {
  const faults: string[] = [];
  const given = new Map<string, Route[]>();
  const taken = new Set<string>();
  for (const [name, routeEntries] of Object.entries(entries)) {
    const fault = faultOfName(name, taken);
    taken.add(name.toLowerCase());
    if (fault === undefined) given.set(name, resolveEntries(name, routeEntries));
    else faults.push(`routes.${name} ${fault}`);
  }

  function resolveEntries(model: string, routeEntries: readonly RouteEntry[]): Route[] {
    const route: Route[] = [];
    for (const [index, entry] of routeEntries.entries()) {
      const path = `routes.${model}[${index}]`;
      if (faulty.has(entry.upstream)) continue;
      const upstream = upstreams.find(({ name }) => name === entry.upstream);
      const upstreamModel = entry.model ?? (upstream && usualModel(model, upstream));
      if (upstream === undefined) faults.push(`${path}.upstream is no upstream; ${listOf(upstreams)}`);
      else if (upstreamModel === undefined)
        faults.push(`${path}.model is missing: nothing is known to serve ${model} at ${upstream.name}`);
      else if (
        route.some((other) => other.upstreamName === upstream.name && other.upstreamModel === upstreamModel)
      )
        faults.push(`${path} is in the list already`);
      else
        route.push({
          upstreamName: upstream.name,
          upstreamModel,
          ...(entry.weight === undefined ? {} : { weight: entry.weight }),
        });
    }
    return route;
  }

  const real = upstreams.filter(({ kind }) => kind !== 'sandbox');
  const everywhere = real.length > 0 ? real : upstreams;
  const routes = new Map<string, readonly Route[]>(
    shipped.all.map((model) => [
      model.name,
      given.get(model.name) ?? everywhere.map((upstream) => servedAt(model, upstream)),
    ]),
  );
  const models: NewModel[] = [];
  for (const [name, route] of given)
    if (!routes.has(name)) {
      routes.set(name, route);
      models.push({ name, custom: true });
    }
  const gpt = resolveGptModels({ taken, routes, upstreams, defaultModel });
  return { routes, models: [...shipped.all, ...gpt, ...models], faults };
}

/** Adds the routes of OpenAI's models. A name that the operator's routes have is theirs, in any case. */
function resolveGptModels({
  taken,
  routes,
  upstreams,
  defaultModel,
}: {
  taken: ReadonlySet<string>;
  routes: Map<string, readonly Route[]>;
  upstreams: readonly ConfiguredUpstream[];
  defaultModel: string;
}): Model[] {
  const routeEntries = upstreams.filter(({ kind }) => kind === 'openai');
  const wanted = defaultModel.trim().toLowerCase();
  const named =
    shipped.find(wanted)?.name ?? [...routes.keys()].find((name) => name.toLowerCase() === wanted);
  const standIn = named ?? lastResort.name;
  const standInRoute = routes.get(standIn) ?? [];
  const models: Model[] = [];
  for (const { openai, ...model } of gptModels) {
    if (taken.has(model.name)) continue;
    const aliases = model.aliases.filter((alias) => !taken.has(alias));
    if (routeEntries.length > 0) {
      const route = routeEntries.map(({ name }) => ({ upstreamName: name, upstreamModel: openai }));
      routes.set(model.name, route);
      models.push({ ...model, aliases });
    } else {
      routes.set(model.name, standInRoute);
      models.push({ ...model, aliases, standIn });
    }
  }
  return models;
}

function servedAt(model: ShippedModel, upstream: ConfiguredUpstream): Route {
  return {
    upstreamName: upstream.name,
    upstreamModel: upstream.kind === 'sandbox' ? model.name : model.servedBy[upstream.kind],
  };
}

const gptTable = createModelTable<GptModel>(gptModels);

/** Name of the upstream's model that serves a model whose route does not say. */
function usualModel(name: string, upstream: ConfiguredUpstream): string | undefined {
  const model = shipped.find(name);
  if (model !== undefined) return servedAt(model, upstream).upstreamModel;
  if (upstream.kind === 'openai') return gptTable.find(name)?.openai;
  return upstream.kind === 'sandbox' ? name : undefined;
}

function faultOfName(name: string, taken: ReadonlySet<string>): string | undefined {
  const known = shipped.find(name);
  if (known !== undefined && known.name !== name)
    return `is another name of ${known.name}; use ${known.name}`;
  // Clients send it in JSON, in form fields and in paths.
  if (!/^[a-z0-9][\w./:-]{0,99}$/i.test(name))
    return 'must be named with at most 100 letters, digits and . _ / : -, a letter or digit first';
  return taken.has(name.toLowerCase()) ? 'is there twice: case makes no difference' : undefined;
}

function listOf(upstreams: readonly ConfiguredUpstream[]): string {
  return upstreams.length === 0
    ? 'there is none'
    : `there are ${upstreams.map(({ name }) => name).join(', ')}`;
}
