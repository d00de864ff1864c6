// Parts of a request to run an app beside its input: what stands in the path, the query string and the headers.

import type { IncomingHttpHeaders } from 'node:http';
import { RequestError } from '../../../core/errors.ts';
import { type FalAsked } from './read-input.ts';
import { type App, appOf } from './output.ts';
import { reserved } from './fal-target.ts';

const shortestSeconds = 60;

/** Throws `RequestError` (`not_found`) for a path of this face that is no app. */
export function readAsking(
  app: App,
  headers: IncomingHttpHeaders,
  { longestSeconds, webhook }: { longestSeconds: number; webhook?: unknown },
): FalAsked {
  if (reserved.has(app.owner))
    throw new RequestError(
      'not_found',
      'There is nothing at this path. An app goes by its owner and its alias, such as /fal/fal-ai/nano-banana, or /fal/sync/fal-ai/nano-banana to wait.',
    );
  if (app.alias.endsWith('/stream'))
    throw new RequestError(
      'not_found',
      'No app gives its result as a stream here. Subscribe to it, with mode streaming for its states.',
    );
  const warnings: string[] = [];
  if (headers['x-fal-request-timeout'] !== undefined)
    warnings.push(
      'x-fal-request-timeout: has no effect here; deadline_seconds of the input bounds the whole task',
    );
  if (headers['x-fal-queue-priority'] === 'low') warnings.push('x-fal-queue-priority: has no effect here');
  const lifecycle = headers['x-fal-object-lifecycle-preference'];
  return {
    app: appOf(app),
    webhook,
    warnings,
    ...(typeof lifecycle === 'string'
      ? { expiresInSeconds: lifetimeIn(lifecycle, longestSeconds, warnings) }
      : {}),
  };
}

/** Seconds for which pictures are kept; `undefined` where the header does not say. What it asks for beyond that is no more than a wish. */
function lifetimeIn(header: string, longest: number, warnings: string[]): number | undefined {
  const name = 'x-fal-object-lifecycle-preference';
  const asked = secondsIn(header);
  if (asked === undefined) {
    warnings.push(`${name}: has no expiration_duration_seconds that is understood, so it has no effect`);
    return undefined;
  }
  const taken = Math.min(longest, Math.max(shortestSeconds, Math.round(asked)));
  if (taken !== asked) warnings.push(`${name}: pictures are kept for ${taken} seconds`);
  return taken;
}

function secondsIn(header: string): number | undefined {
  try {
    const { expiration_duration_seconds: seconds } = JSON.parse(header) as Record<string, unknown>;
    return typeof seconds === 'number' && seconds > 0 ? seconds : undefined;
  } catch {
    return undefined;
  }
}
