// Calls of clients, over connections that stay open.

import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** Admin's, on all nodes. */
export const key = 'plantain_key_of_the_cluster_test_which_is_long_enough';
export const path = '/api/gemini/nano-banana';
const agent = new Agent({ keepAlive: true, maxSockets: 256 });

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Call {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  timeoutMs?: number;
}

/** Rejects where no whole answer came in time. */
export function call(
  url: string,
  { method = 'GET', headers, body, timeoutMs = 15_000 }: Call = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sent = { authorization: key, 'content-type': 'application/json', ...headers };
  const signal = AbortSignal.timeout(timeoutMs);
  const outgoing = request(url, { method, agent, headers: sent, signal }, (answer) => {
    const { statusCode: status = 0, headers: received } = answer;
    text(answer).then((words) => resolve({ status, headers: received, body: words }), reject);
  });
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

/** Whether the node said that it can't do this now. */
export const isAway = ({ status }: Answer) => status === 503;

/** In milliseconds, as the answer asks and a second at most. */
export function pauseMs({ headers }: Answer): number {
  return Math.min(1_000, 1_000 * Number(headers['retry-after'] ?? 0.2));
}

export const endCalls = () => agent.destroy();
