// Own links: links to this server's pictures among the inputs of a request.

import { RequestError } from '../errors.ts';
import type { StoredInput } from '../tasks/task.ts';

/**
 * Resolves an own link to a stored input, which outlives the picture that the link leads to; `null` for any other link. Throws
 * `RequestError` (`input_unreachable`) for a link that has expired or whose picture is deleted.
 */
export type ResolveOwnLink = (link: string) => Promise<Required<StoredInput> | null>;

/** Resolves a link as `resolve` does. A refusal names `path`, the member of the request that holds the link. */
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
