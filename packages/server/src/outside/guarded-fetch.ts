// Fetches a URL that a user gave, without letting it reach an inside address: each hop is judged anew.

import type { FetchedBytes, GuardedFetch } from '../core/pictures/inputs.ts';
import { inputFailure } from '../core/errors.ts';
import { answeredInstead } from './fetch-failures.ts';
import { callWithin, parseTarget } from './guarded-fetch-connections.ts';
import { createHop } from './guarded-hop.ts';
import type { GuardOptions, Hop, MakeHop } from './guarded-hop.ts';

const maxRedirects = 3;
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/** Fetches over http and https, following at most 3 redirects, each judged anew and never from https to http. */
export function createGuardedFetch(options: GuardOptions): GuardedFetch {
  const makeHop = createHop(options);
  return (url, signal, onReceived) =>
    callWithin(options.limits.totalMs, url, signal, (target, call) =>
      followRedirects(target, { ...call, onReceived }, makeHop),
    );
}

async function followRedirects(firstTarget: URL, hop: Hop, makeHop: MakeHop): Promise<FetchedBytes> {
  let target = firstTarget;
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const answer = await makeHop(target, hop);
    if ('bytes' in answer) return answer;
    const { status, location } = answer;
    if (!redirectStatuses.has(status) || location === undefined) throw answeredInstead(hop.host, status);
    const next = parseTarget(location, target);
    if (target.protocol === 'https:' && next.protocol === 'http:')
      throw inputFailure(`The link at ${hop.host} redirects from https to http, which is not followed.`);
    target = next;
  }
  throw inputFailure(`The link at ${hop.host} redirects more than ${maxRedirects} times.`);
}
