// A link to one of this server's own pictures, among the links that come with a request.

import { RequestError } from '../errors.ts';
import type { StoredInput } from '../tasks/task.ts';

/**
 * The stored picture behind a link of this server's own, as an input that outlives what the link leads to; `null` for any other link.
 * Throws `RequestError` (`input_unreachable`) for one that does not work any more.
 */
export type ResolveOwnLink = (link: string) => Promise<Required<StoredInput> | null>;

/** Resolves a link; `path` is the member that it came in, which a refusal names. Throws as `resolve` does. */
export async function resolveOwnAt(
  resolve: ResolveOwnLink,
  { path, url }: { path: string; url: string },
): Promise<Required<StoredInput> | null> {
  try {
    return await resolve(url);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { message } = error;
    throw new RequestError(error.type, `${path}: ${message}`, { details: [{ path, message }], cause: error });
  }
}
