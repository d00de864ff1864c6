// Answers the plain form of the status query, which clients repeat without end, before the framework sees it. Any other form
// (another method, a query string, a wish to wait, a bad key, an unknown id), and any that needs waiting, is left to the ordinary
// route, which answers from the same reader. So this file decides nothing and only answers sooner.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { jsonType } from '../answer.ts';
import type { PeekCaller } from '../access/authorization.ts';
import type { CallerAddress } from '../connections/caller-address.ts';
import { addRateHeaders } from '../access/rate-headers.ts';
import { corsExposed } from '../access/cors.ts';
import type { Caller } from '../../core/keys/keys.ts';
import type { Rate, Rates } from '../../core/limits/rates.ts';
import { tasksPath } from '../paths.ts';
import { matchesTag } from './entity-tags.ts';
import { successEnvelope } from '../refusals/envelope.ts';
import { statusHeaders } from './status-headers.ts';
import type { RouteCount } from '../route/request-counts.ts';
import type { StatusReader, StatusText } from './status-reader.ts';

/** Answers and returns true, or returns false and leaves the response untouched. */
export type StatusFastPath = (request: IncomingMessage, response: ServerResponse) => boolean;

export const statusPath = `${tasksPath}/`;
const urlLength = statusPath.length + 36;
const nothingCounted: readonly Rate[] = [];

export interface FastPathParts {
  peekCaller: PeekCaller;
  reader: StatusReader;
  callerAddress: CallerAddress;
  rates: Pick<Rates, 'tryCount'>;
  /** Counts the answers. */
  answered: Pick<RouteCount, 'note'>;
}

export function createStatusFastPath(parts: FastPathParts): StatusFastPath {
  const { peekCaller, reader, callerAddress, rates, answered } = parts;
  /** Gives `undefined` also where the look-up throws: the ordinary route then answers and logs that. */
  function tryCaller(header: string | undefined): Caller | undefined {
    try {
      return peekCaller(header);
    } catch {
      return undefined;
    }
  }
  function tryPeek(id: string, { keyId }: Caller): StatusText | null | undefined {
    try {
      return reader.peek(id, keyId);
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
    const caller = tryCaller(authorization);
    if (caller === undefined) return false;
    const shown = tryPeek(url.slice(statusPath.length), caller);
    if (shown === null || shown === undefined) return false;
    const counted =
      caller.limited.length === 0 ? nothingCounted : rates.tryCount(caller.limited, 'query', 1, startedAt);
    // The ordinary route refuses a caller who has used up a limit.
    if (counted === null) return false;
    const headers = statusHeaders(shown);
    if (counted.length > 0) addRateHeaders(headers, counted);
    // Programs other than browsers poll the most and don't need it: each header costs as much as finding the task.
    if (origin !== undefined) headers.push(corsExposed[0], corsExposed[1]);
    if (known !== undefined && matchesTag(known, shown.etag)) {
      response.writeHead(304, headers);
      response.end();
      answered.note(304, performance.now() - startedAt);
      return true;
    }
    const body = successEnvelope(shown.text, { startedAt, address: callerAddress(request) });
    // The envelope is one-byte text, and nearly always the data is too. Such text is cheaper to count and to write.
    const length = shown.oneByte ? body.length : Buffer.byteLength(body);
    headers.push('Content-Type', jsonType, 'Content-Length', String(length));
    response.writeHead(200, headers);
    response.end(body, shown.oneByte ? 'latin1' : 'utf8');
    answered.note(200, performance.now() - startedAt);
    return true;
  };
}
