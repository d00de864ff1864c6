// Answers bytes that are no HTTP request. No route and no hook ever sees them.

import type { Socket } from 'node:net';
import { RequestError } from '../../core/errors.ts';
import { socketAddress } from './caller-address.ts';
import { corsExposed, corsOrigin } from '../access/cors.ts';
import { errorEnvelope, toRefusal } from '../refusals/envelope.ts';
import type { RequestCounts } from '../route/request-counts.ts';

/** Answers by the error codes of node:http. Every other code is an error of the parser, answered with 400. */
const known: Record<string, [status: number, reason: string, message: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The headers of the request are too large.'],
};

/**
 * Makes the listener for the event `clientError` of an HTTP server. It answers with an envelope where that is still possible, and
 * closes the connection.
 */
export function createMalformedAnswer(newRequestId: () => string, requests: Pick<RequestCounts, 'note'>) {
  return (error: NodeJS.ErrnoException, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, reason, message] = known[error.code ?? ''] ?? [
      400,
      'Bad Request',
      'This is not a valid HTTP request.',
    ];
    requests.note('other', undefined, status, 0);
    const requestId = newRequestId();
    const refusal = { ...toRefusal(new RequestError('invalid_request', message), requestId), status };
    const body = errorEnvelope(refusal, { startedAt: performance.now(), address: socketAddress(socket) });
    const head = [
      `HTTP/1.1 ${status} ${reason}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      corsOrigin.join(': '),
      corsExposed.join(': '),
      `X-Request-Id: ${requestId}`,
      'Connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  };
}
