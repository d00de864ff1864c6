// The status query before any framework sees it: the plain form of the one call that clients repeat without end.
// Whatever is not plain (another method, a query string, a bad key, an unknown id) is left to the ordinary route, which
// answers from the same reader; so this file decides nothing, it only answers sooner.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authorize } from './authorization.ts';
import type { CallerAddress } from './caller-address.ts';
import { corsOrigin } from './cors.ts';
import { successEnvelope } from './envelope.ts';
import type { StatusReader, StatusText } from './status-reader.ts';

/** Answers and returns true, or returns false without having touched the response. */
export type StatusFastPath = (request: IncomingMessage, response: ServerResponse) => boolean;

export const statusPath = '/api/gemini/nano-banana/';
const urlLength = statusPath.length + 36;

export function createStatusFastPath({
  authorize,
  reader,
  callerAddress,
}: {
  authorize: Authorize;
  reader: StatusReader;
  callerAddress: CallerAddress;
}): StatusFastPath {
  /** `null` also for what throws: nobody catches it here, and the ordinary route answers and logs it. */
  function tryRead(id: string, header: string | undefined): StatusText | null {
    try {
      return reader.read(id, authorize(header).keyId);
    } catch {
      return null;
    }
  }

  return (request, response) => {
    const startedAt = performance.now();
    const url = request.url ?? '';
    if (request.method !== 'GET' || url.length !== urlLength || !url.startsWith(statusPath)) return false;
    const data = tryRead(url.slice(statusPath.length), request.headers.authorization);
    if (data === null) return false;
    const body = successEnvelope(data.text, { startedAt, address: callerAddress(request) });
    // The envelope around the data is one-byte text. Nearly always all of it is, which is the cheaper to count and to write.
    response.writeHead(200, headersFor(data.oneByte ? body.length : Buffer.byteLength(body)));
    response.end(body, data.oneByte ? 'latin1' : 'utf8');
    return true;
  };
}

/** Names and values in turn, the form that costs node:http the least. */
function headersFor(length: number): string[] {
  return [
    'Content-Type',
    'application/json; charset=utf-8',
    'Content-Length',
    String(length),
    'Cache-Control',
    'no-store',
    corsOrigin[0],
    corsOrigin[1],
  ];
}
