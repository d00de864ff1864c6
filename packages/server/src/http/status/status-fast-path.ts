// The status query before any framework sees it: the plain form of the one call that clients repeat without end.
// Whatever is not plain (another method, a query string, a wish to wait, a bad key, an unknown id) or has to be waited for is left to the
// ordinary route, which answers from the same reader; so this file decides nothing, it only answers sooner.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonType } from '../answer.ts';
import type { PeekCaller } from '../access/authorization.ts';
import type { CallerAddress } from '../connections/caller-address.ts';
import { corsExposed } from '../access/cors.ts';
import { tasksPath } from '../paths.ts';
import { matchesTag } from './entity-tags.ts';
import { successEnvelope } from '../refusals/envelope.ts';
import { statusHeaders } from './status-headers.ts';
import type { StatusReader, StatusText } from './status-reader.ts';

/** Answers and returns true, or returns false without having touched the response. */
export type StatusFastPath = (request: IncomingMessage, response: ServerResponse) => boolean;

export const statusPath = `${tasksPath}/`;
const urlLength = statusPath.length + 36;

export function createStatusFastPath({
  peekCaller,
  reader,
  callerAddress,
}: {
  peekCaller: PeekCaller;
  reader: StatusReader;
  callerAddress: CallerAddress;
}): StatusFastPath {
  /** Nothing also for what throws: nobody catches it here, and the ordinary route answers and logs it. */
  function tryPeek(id: string, header: string | undefined): StatusText | null | undefined {
    try {
      const caller = peekCaller(header);
      return caller && reader.peek(id, caller.keyId);
    } catch {
      return undefined;
    }
  }

  return (request, response) => {
    const startedAt = performance.now();
    const url = request.url ?? '';
    if (request.method !== 'GET' || url.length !== urlLength || !url.startsWith(statusPath)) return false;
    const { authorization, prefer, origin, 'if-none-match': known } = request.headers;
    if (prefer !== undefined) return false;
    const shown = tryPeek(url.slice(statusPath.length), authorization);
    if (shown === null || shown === undefined) return false;
    const headers = statusHeaders(shown);
    // Programs that are no browsers, which poll the most, don't need it: each header costs as much as finding the task.
    if (origin !== undefined) headers.push(corsExposed[0], corsExposed[1]);
    if (known !== undefined && matchesTag(known, shown.etag)) {
      response.writeHead(304, headers);
      response.end();
      return true;
    }
    const body = successEnvelope(shown.text, { startedAt, address: callerAddress(request) });
    // The envelope around the data is one-byte text. Nearly always all of it is, which is the cheaper to count and to write.
    const length = shown.oneByte ? body.length : Buffer.byteLength(body);
    headers.push('Content-Type', jsonType, 'Content-Length', String(length));
    response.writeHead(200, headers);
    response.end(body, shown.oneByte ? 'latin1' : 'utf8');
    return true;
  };
}
