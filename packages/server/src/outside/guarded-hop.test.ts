import { expect, test } from 'vitest';
import { TaskError } from '../core/errors.ts';
import { createAddressPolicy } from '../lib/addresses.ts';
import { loopback, never, serve } from './guarded-fetch.fixture.ts';
import { createGuardedHop } from './guarded-hop.ts';

function hopWith(allowed: readonly string[], port: number) {
  return createGuardedHop({
    policy: createAddressPolicy(allowed, { allowedPorts: [port] }),
    limits: { maxBytes: 1000, totalMs: 10_000 },
  });
}

test('one request gives a picture, or the status and where it leads, and follows nothing', async () => {
  const { port, connections } = await serve((request, response) => {
    if (request.url === '/picture') response.end('bytes');
    else if (request.url === '/moved') response.writeHead(302, { location: '/picture' }).end();
    else response.writeHead(404).end('a page that nobody reads');
  });
  const hop = hopWith(loopback.allowed, port);
  const url = `http://127.0.0.1:${port}`;
  expect(await hop(`${url}/picture`, never)).toEqual({ bytes: Buffer.from('bytes') });
  expect(await hop(`${url}/moved`, never)).toEqual({ status: 302, location: '/picture' });
  expect(await hop(`${url}/gone`, never)).toEqual({ status: 404, location: undefined });
  expect(connections()).toBe(3);
});

test('inside addresses are refused, with the setting that opens them', async () => {
  const { port, connections } = await serve((_, response) => response.end('secret'));
  const error: unknown = await hopWith([], port)(`http://127.0.0.1:${port}/`, never).catch(
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TaskError);
  expect((error as TaskError).failure).toMatchObject({
    retryable: false,
    message: expect.stringContaining('allowed_private_hosts') as string,
  });
  expect(connections()).toBe(0);
});

test('a request that was given up before it began reaches nobody', async () => {
  const { port, connections } = await serve((_, response) => response.end('bytes'));
  const reason = new Error('the lease was lost');
  const hop = hopWith(loopback.allowed, port);
  await expect(hop(`http://127.0.0.1:${port}/`, AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(connections()).toBe(0);
});
