// The server of Node, with limits on how long a client may take.

import { createServer, type RequestListener, type Server } from 'node:http';

/** How long a client may take to send a whole request, and its headers. */
const requestTimeoutMs = 300_000;
const headersTimeoutMs = 15_000;
/** How often it is looked for those who took longer. */
const connectionsCheckMs = 5_000;
const keepAliveTimeoutMs = 75_000;

export function createLimitedServer(handler: RequestListener): Server {
  const server = createServer(
    {
      requestTimeout: requestTimeoutMs,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: connectionsCheckMs,
      // Node's own refusal says nothing; whoever handles requests looks for the header.
      requireHostHeader: false,
    },
    handler,
  );
  server.keepAliveTimeout = keepAliveTimeoutMs;
  return server;
}
