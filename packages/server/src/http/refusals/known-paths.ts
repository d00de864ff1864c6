// The paths that there are, for the answer to a wrong method and to a path at which there is nothing. Nothing of the path that was asked for
// is repeated: it may hold a key.

import type { FastifyInstance } from 'fastify';
import { pathPattern, shownPath } from '../route/router-path.ts';

export interface KnownPaths {
  /** The methods that a URL's path takes, as `Allow` lists them; `undefined` where nothing is. */
  methodsOf(url: string): string | undefined;
  /**
   * The path that was probably meant, with its parameters in braces; `undefined` where none is like it. Of a path that is there, but not for
   * this method: one that takes it.
   */
  meant(url: string, method: string): string | undefined;
  /** Calls whose paths begin so, such as `GET /v1/tasks/{id}`. */
  below(prefix: string): string[];
}

interface Route {
  url: string;
  pattern: RegExp;
  methods: Set<string>;
}

/** Longer paths, and those of more segments, are not looked at for what they are like. */
const maxPathLength = 300;
const maxSegments = 12;
/** How many segments may stand in front of a path, and how many of its own may be missing there. */
const maxInFront = 4;
const maxMissing = 2;

/** Remembers the routes that are added to the application from now on. */
export function recordPaths(app: FastifyInstance): KnownPaths {
  const routes: Route[] = [];
  let alike: Alike | undefined;
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(`^${pathPattern(url)}/*$`);
    const known = routes.find((route) => route.pattern.source === pattern.source);
    const methods = known?.methods ?? new Set<string>();
    for (const name of [method].flat()) methods.add(name);
    if (known === undefined) routes.push({ url, pattern, methods });
  });
  // Where a path is both a word of its own and a parameter's value, the word wins, as it does in the router.
  function routeOf(url: string): Route | undefined {
    const path = pathOf(url).replaceAll(/\/{2,}/g, '/');
    const fitting = routes.filter(({ pattern }) => pattern.test(path));
    return fitting.toSorted((one, other) => countParameters(one) - countParameters(other))[0];
  }
  return {
    methodsOf(url) {
      const route = routeOf(url);
      return route === undefined ? undefined : [...route.methods, 'OPTIONS'].toSorted().join(', ');
    },
    meant(url, method) {
      const path = pathOf(url);
      if (path.length > maxPathLength) return undefined;
      alike ??= findAlike(routes.filter(isCall));
      const found = alike(path.split('/').filter((segment) => segment !== ''));
      const other = routeOf(url) === undefined ? found[0] : undefined;
      const taken = found.find(({ methods }) => methods.has(method)) ?? other;
      return taken && shownPath(taken.url);
    },
    below: (prefix) =>
      routes
        .filter(({ url }) => url.startsWith(`${prefix}/`))
        .map(
          ({ url, methods }) =>
            `${[...methods].filter((each) => each !== 'HEAD').join(', ')} ${shownPath(url)}`,
        ),
  };
}

function countParameters({ url }: Route): number {
  return url.split('/:').length;
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '';
}

/** Not a file of a page. */
function isCall({ url }: Route): boolean {
  return url !== '/' && (!/\.\w+$/.test(url) || url === '/openapi.json');
}

type Alike = (segments: readonly string[]) => Route[];

/** A path, or the end of one. */
interface Ending {
  route: Route;
  /** How many segments it lacks. */
  missing: number;
  /** From the first parameter on. */
  rest: readonly string[];
}

/**
 * Finds paths that differ in case, in signs between words and in an `s` at their ends, that have something in front, such as `/v1` from a
 * client's base URL, or lack their beginning.
 */
function findAlike(routes: readonly Route[]): Alike {
  /** By what stands before the first parameter, without what is easily written otherwise. */
  const endings = new Map<string, Ending[]>();
  for (const route of routes) {
    const segments = route.url.split('/').slice(1);
    const parameter = segments.findIndex((segment) => segment.startsWith(':'));
    const words = parameter < 0 ? segments : segments.slice(0, parameter);
    for (let missing = 0; missing <= Math.min(maxMissing, words.length - 1); missing += 1) {
      const name = words.slice(missing).map(plain).join('');
      endings.set(name, [
        ...(endings.get(name) ?? []),
        { route, missing, rest: segments.slice(words.length) },
      ]);
    }
  }
  function endingsOf(given: readonly string[]): Ending[] {
    return given.flatMap((_, at) => {
      const rest = given.slice(at + 1);
      const fits = (segment: string, index: number) =>
        segment.startsWith(':') || plain(segment) === rest[index];
      const named = endings.get(given.slice(0, at + 1).join('')) ?? [];
      return named.filter((ending) => ending.rest.length === rest.length && ending.rest.every(fits));
    });
  }
  return (segments) => {
    if (segments.length > maxSegments) return [];
    const given = segments.map(plain);
    const found = given.slice(0, maxInFront + 1).map((_, inFront) => endingsOf(given.slice(inFront)));
    const least = Math.min(...found.flat().map(({ missing }) => missing));
    const best = found.map((those) => those.filter(({ missing }) => missing === least));
    return (best.find((those) => those.length > 0) ?? []).map(({ route }) => route);
  };
}

/** A segment without what is easily written otherwise. */
function plain(segment: string): string {
  return segment
    .toLowerCase()
    .replaceAll(/[^a-z\d]/g, '')
    .replace(/s$/, '');
}
