// Node's HTTP server, with limits on the time that a client may take.

import { createServer, type RequestListener, type Server } from 'node:http';

/** Maximal time for a whole request to arrive, and for its headers. */
const requestTimeoutMs = 300_000;
const headersTimeoutMs = 15_000;
/** Interval at which connections beyond these limits are looked for. */
const connectionsCheckMs = 5_000;
const keepAliveTimeoutMs = 75_000;

export function createLimitedServer(handler: RequestListener): Server {
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: connectionsCheckMs,
      // Checked by `refuseHostless` instead, because Node's own refusal has no body.
      requireHostHeader: false,
      // A request without a body begins as one that was read to its end: that saves the events of a stream that nobody reads.
      optimizeEmptyRequests: true,
    },
    handler,
  );
  server.keepAliveTimeout = keepAliveTimeoutMs;
  return server;
}
