// Where the calls of an adapter go: below the base URL of the settings, and nowhere else, whatever a model or an operation is called.

import { TaskError } from '../core/errors.ts';
import { upstreamFailure } from './failures/upstream-failure.ts';

/**
 * The URL of something below a base URL, whose own path and query are kept. Each segment is encoded, so that none has a part
 * in the address but its own. Throws `TypeError` when the base URL is none, and `TaskError` (`upstream_bad_request`) for a
 * segment that is empty or made of dots, which would lead to another place.
 */
export function endpoint(baseUrl: string, ...segments: string[]): URL {
  const url = new URL(baseUrl);
  const below = segments.map((segment) => `/${encode(segment)}`).join('');
  url.pathname = `${url.pathname.replace(/(?<!\/)\/+$/, '')}${below}`;
  return url;
}

function encode(segment: string): string {
  if (/^\.{0,2}$/.test(segment))
    throw malformedName(
      'A model or an operation has a name that would lead to another address, so nothing was sent.',
    );
  return encodeURIComponent(segment.toWellFormed());
}

/** For a name that no model of the upstream can have, found before anything is sent. `message`: a sentence that says so. */
export function malformedName(message: string): TaskError {
  return new TaskError(
    upstreamFailure(
      'upstream_bad_request',
      `${message} The operator should correct the routes.`,
      'malformed name',
      { modelUnknown: true },
    ),
  );
}
