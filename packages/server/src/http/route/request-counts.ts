// Requests by method, route and status, counted in plain integers: a status query is answered in fewer microseconds than a library takes
// to count a few of them. There are as many counts as routes, whatever clients send.

import { createDurationCounts, type DurationCounts } from '../../lib/time/duration-counts.ts';
import { shownPath } from './router-path.ts';

export interface CountedRoute {
  /** As the client sent it; `other` for one that no program uses, at a path that is not there. */
  method: string;
  /** Path of the route as in the reference; `unknown` where no route took the request. */
  route: string;
  statuses: ReadonlyMap<number, number>;
  /** From the arrival of the headers to the end of the answer. */
  durations: DurationCounts;
}

export interface RouteCount extends CountedRoute {
  note(status: number, ms: number): void;
}

export interface RequestCounts {
  /** Gives the count of a route by its path as the router has it. */
  of(method: string, url: string): RouteCount;
  /** Counts an answer. `url` is that of the route, `undefined` where none took the request. */
  note(method: string, url: string | undefined, status: number, ms: number): void;
  list(): readonly CountedRoute[];
}

/** Upper ends of the classes of durations, in seconds. The last ones are of long polls. */
const bounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];
const known: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function createRequestCounts(): RequestCounts {
  const byUrl = new Map<string | undefined, Map<string, RouteCount>>();
  const all: RouteCount[] = [];

  function find(method: string, url: string | undefined): RouteCount {
    let ofUrl = byUrl.get(url);
    if (ofUrl === undefined) byUrl.set(url, (ofUrl = new Map()));
    let count = ofUrl.get(method);
    if (count === undefined) {
      count = createRouteCount(method, url === undefined ? 'unknown' : shownPath(url));
      ofUrl.set(method, count);
      all.push(count);
    }
    return count;
  }

  return {
    of: find,
    note(method, url, status, ms) {
      find(url === undefined && !known.has(method) ? 'other' : method, url).note(status, ms);
    },
    list: () => all,
  };
}

function createRouteCount(method: string, route: string): RouteCount {
  const statuses = new Map<number, number>();
  const durations = createDurationCounts(bounds);
  return {
    method,
    route,
    statuses,
    durations,
    note(status, ms) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      durations.note(ms);
    },
  };
}
