import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { guarded, loopback, never, serve } from './guarded-fetch.fixture.ts';
import type { Lookup } from './host-lookup.ts';

/**
 * A server at all of 127.0.0.0/8. Whatever is asked for below `/slow` drips until it is let go; the rest comes at once.
 * `slow` are the paths that drip now, `arrivals` all that were ever asked for.
 */
async function serveSlowly() {
  const dripping = new Map<string, ServerResponse>();
  const arrivals: string[] = [];
  const events = new EventEmitter();
  const { port, connections } = await serve((request, response) => {
    const path = request.url ?? '';
    arrivals.push(path);
    if (!path.startsWith('/slow')) response.end('bytes');
    else {
      const drip = setInterval(() => response.write('.'), 100);
      response.on('close', () => {
        clearInterval(drip);
        dripping.delete(path);
      });
      response.write('.');
      dripping.set(path, response);
    }
    events.emit('arrival');
  }, '0.0.0.0');
  return {
    port,
    connections,
    arrivals,
    slow: () => [...dripping.keys()],
    async until(condition: () => boolean): Promise<void> {
      while (!condition()) await once(events, 'arrival');
    },
    /** Ends the one that drips longest. */
    letGo(): void {
      const [path = ''] = dripping.keys();
      dripping.get(path)?.end();
      dripping.delete(path);
    },
  };
}

const patient = { ...loopback, limits: { totalMs: 60_000, silenceMs: 60_000 } };
const numbers = Array.from({ length: 200 }, (_, number) => number);

test('200 slow hosts at once do not hold up a fast one', async () => {
  const server = await serveSlowly();
  const fetch = guarded(patient);
  const caller = new AbortController();
  let ended = 0;
  const slow = numbers.map((number) =>
    fetch(`http://127.0.1.${number + 1}:${server.port}/slow/${number}`, caller.signal).finally(() => {
      ended += 1;
    }),
  );
  const ends = Promise.allSettled(slow);
  await server.until(() => server.slow().length === 200);
  const { bytes } = await fetch(`http://127.0.2.1:${server.port}/fast`, never);
  expect(Buffer.from(bytes).toString()).toBe('bytes');
  expect({ ended, dripping: server.slow().length }).toEqual({ ended: 0, dripping: 200 });
  caller.abort();
  expect((await ends).every(({ status }) => status === 'rejected')).toBe(true);
});

test('200 slow links at one address have 16 connections, and a fast host is not held up by those that wait', async () => {
  const server = await serveSlowly();
  const fetch = guarded(patient);
  let most = 0;
  const slow = Promise.all(
    numbers.map((number) => fetch(`http://127.0.1.1:${server.port}/slow/${number}`, never)),
  );
  await server.until(() => server.slow().length === 16);
  await fetch(`http://127.0.1.2:${server.port}/fast`, never);
  expect(server.arrivals).toHaveLength(17);
  for (let done = 0; done < 200; done += 1) {
    await server.until(() => server.slow().length > 0);
    most = Math.max(most, server.slow().length);
    server.letGo();
    await server.until(() => server.arrivals.length === Math.min(201, 18 + done));
  }
  await slow;
  expect(most).toBe(16);
  expect(new Set(server.arrivals).size).toBe(201);
});

test('with every connection in use, a host that has none is served before those that have some', async () => {
  const server = await serveSlowly();
  const fetch = guarded({ ...patient, limits: { ...patient.limits, atOnce: 4 } });
  const caller = new AbortController();
  const ends = Promise.allSettled(
    numbers.map((number) => fetch(`http://127.0.1.1:${server.port}/slow/${number}`, caller.signal)),
  );
  await server.until(() => server.slow().length === 4);
  const fast = fetch(`http://127.0.1.2:${server.port}/fast`, never);
  server.letGo();
  await fast;
  expect(server.arrivals[4]).toBe('/fast');
  caller.abort();
  await ends;
});

test('the wait for a connection counts as time of the whole', async () => {
  const server = await serveSlowly();
  // A name that is found once the connection is in use: so the one who waits began first, and its time is up first.
  const lookup: Lookup = async () => {
    await server.until(() => server.slow().length === 1);
    return [{ address: '127.0.1.2', family: 4 }];
  };
  const fetch = guarded({ ...loopback, limits: { totalMs: 400, atOnce: 1 }, lookup });
  const waiting = fetch(`http://waits.test:${server.port}/slow/waiting`, never);
  const holding = fetch(`http://127.0.1.1:${server.port}/slow/holding`, never);
  expect(await Promise.allSettled([waiting, holding])).toMatchObject(
    ['waits.test', '127.0.1.1'].map((host) => ({
      reason: { failure: { retryable: true, message: `The server at ${host} took too long.` } },
    })),
  );
  await fetch(`http://127.0.1.2:${server.port}/later`, never);
  expect(server.arrivals).toEqual(['/slow/holding', '/later']);
});

test('a caller who gives up leaves the queue, and gives back the connection', async () => {
  const server = await serveSlowly();
  const fetch = guarded({ ...patient, limits: { ...patient.limits, atOnce: 1 } });
  const [holding, waiting] = [new AbortController(), new AbortController()];
  const first = fetch(`http://127.0.1.1:${server.port}/slow/first`, holding.signal);
  await server.until(() => server.slow().length === 1);
  const second = fetch(`http://127.0.1.1:${server.port}/second`, waiting.signal);
  const third = fetch(`http://127.0.1.1:${server.port}/third`, never);
  const reason = new Error('enough');
  waiting.abort(reason);
  await expect(second).rejects.toBe(reason);
  holding.abort(reason);
  await expect(first).rejects.toBe(reason);
  await third;
  expect(server.arrivals).toEqual(['/slow/first', '/third']);
});

test('whoever would make the queue too long is told so at once', async () => {
  const server = await serveSlowly();
  const fetch = guarded({ ...patient, limits: { ...patient.limits, atOnce: 1, maxAdmitted: 2 } });
  const slow = fetch(`http://127.0.1.1:${server.port}/slow`, never);
  await server.until(() => server.slow().length === 1);
  const waiting = fetch(`http://127.0.1.1:${server.port}/waiting`, never);
  await expect(fetch(`http://127.0.1.2:${server.port}/`, never)).rejects.toMatchObject({
    failure: { retryable: true, message: expect.stringContaining('fetching too many others') },
  });
  server.letGo();
  await Promise.all([slow, waiting]);
  await fetch(`http://127.0.1.2:${server.port}/after`, never);
  expect(server.arrivals).toEqual(['/slow', '/waiting', '/after']);
});

test('whoever waits for DNS, or is redirected, holds no connection meanwhile', async () => {
  const server = await serveSlowly();
  const redirecting = await serve((_, response) => {
    response.writeHead(302, { location: `http://127.0.1.1:${server.port}/final` }).end();
  });
  const lookup: Lookup = () => new Promise(() => undefined);
  const fetch = guarded({ ...patient, limits: { ...patient.limits, atOnce: 1 }, lookup });
  const caller = new AbortController();
  const stuck = fetch('http://stuck.test/', caller.signal);
  await fetch(`http://127.0.0.1:${redirecting.port}/`, never);
  expect(server.arrivals).toEqual(['/final']);
  caller.abort();
  await expect(stuck).rejects.toThrow('aborted');
});
