// A thread that asks for one task again and again on a connection of its own, and tells the longest wait for an answer.

import { request, Agent } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

const everyMs = 2;
const { url, key, id } = workerData as { url: string; key: string; id: string };
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
/** Of answers since the question before, and of the one that is still awaited. */
let longestMs = 0;
let failed = 0;
let askedAt: number | undefined;

function ask(): void {
  askedAt = performance.now();
  const query = request(`${url}/api/gemini/nano-banana/${id}`, { agent, headers: { authorization: key } });
  query.once('response', (answer) => {
    if (answer.statusCode !== 200) failed += 1;
    answer.resume().once('end', next);
  });
  query.once('error', () => {
    failed += 1;
    next();
  });
  query.end();
}

function next(): void {
  longestMs = Math.max(longestMs, performance.now() - (askedAt ?? 0));
  askedAt = undefined;
  setTimeout(ask, everyMs);
}

parentPort?.on('message', () => {
  const awaitedMs = askedAt === undefined ? 0 : performance.now() - askedAt;
  parentPort?.postMessage({ longestMs: Math.max(longestMs, awaitedMs), failed });
  longestMs = 0;
  failed = 0;
});
ask();
