// Resolves links to this server's own pictures that come as inputs. The picture is read from the store and not fetched, because
// the server is often at an inside address to which links may not lead. The link's signature gives the right to use the picture,
// as it does for reading.

import { RequestError } from '../../core/errors.ts';
import type { ResolveOwnLink } from '../../core/submit/own-link.ts';
import type { StoredInput, StoredPicture } from '../../core/tasks/task.ts';
import type { Clock } from '../../lib/clock.ts';
import { unixSeconds } from '../../lib/time/unix-time.ts';
import type { VerifyLink } from '../access/access.ts';
import { filePath, type FindLinked } from '../views/linked-pictures.ts';

export function createOwnLinks({
  find,
  verifyLink,
  publicUrl,
  storeAsInput,
  clock,
}: {
  find: FindLinked;
  verifyLink: VerifyLink;
  /** Called each time, because a server on a free port learns its own only when it listens. */
  publicUrl: () => string;
  /** Stores a result once more as an input, which outlives the result; gives `null` where the result's file is lost. */
  storeAsInput: (picture: StoredPicture) => Promise<Required<StoredInput> | null>;
  clock: Clock;
}): ResolveOwnLink {
  return async (link) => {
    const url = URL.parse(link);
    const base = new URL(publicUrl());
    if (url === null || url.origin !== base.origin) return null;
    const path = url.pathname.slice(base.pathname.replace(/\/$/, '').length);
    const [, id, name] = /^\/files\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    if (id === undefined || name === undefined) return null;
    const query = { e: url.searchParams.get('e'), token: url.searchParams.get('token') };
    const verdict = verifyLink(filePath(id, name), query, unixSeconds(clock.now()));
    const picture = await find(id, name);
    const input = verdict === 'valid' && picture !== null ? await storeAsInput(picture) : null;
    if (input !== null) return input;
    throw new RequestError(
      'input_unreachable',
      verdict === 'invalid'
        ? 'This is a link to a picture of this server, but not a complete one. Hand it in as it was given out, with everything behind the question mark.'
        : 'This link to a picture of this server has expired, or the picture was deleted. Ask for the task again to have a new one, or send the picture itself.',
    );
  };
}
