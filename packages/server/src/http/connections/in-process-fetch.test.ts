import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { type BodyWatch, createInProcessFetch } from './in-process-fetch.ts';
import { discardBody } from '../body/unread-body.ts';

const publicUrl = 'https://pictures.example/below';

/** As the application does it: no method has a body, and handlers read for themselves. */
function start(watch?: BodyWatch) {
  const app = fastify();
  for (const method of app.supportedMethods)
    app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  const caller = { remoteAddress: '203.0.113.9', forwardedFor: '198.51.100.7' };
  const fetchHere = createInProcessFetch(app, publicUrl, caller, watch);
  return { app, fetchHere };
}

test('a request arrives as it was meant, from the address of its caller', async () => {
  const { app, fetchHere } = start();
  app.post('/api', (request, reply) => {
    const body = text(request.raw);
    return body.then((read) =>
      reply.send({
        address: request.raw.socket.remoteAddress,
        forwarded: request.headers['x-forwarded-for'],
        key: request.headers.authorization,
        type: request.headers['content-type'],
        query: request.query,
        body: read,
      }),
    );
  });
  const answer = await fetchHere(`${publicUrl}/api?w=5`, {
    method: 'POST',
    headers: { Authorization: 'key', 'Content-Type': 'application/json' },
    body: '{"a":1}',
  });
  expect(await answer.json()).toEqual({
    address: '203.0.113.9',
    forwarded: '198.51.100.7',
    key: 'key',
    type: 'application/json',
    query: { w: '5' },
    body: '{"a":1}',
  });
  const form = new FormData();
  form.append('file', new Blob(['bytes']), 'picture');
  const sent = (await (await fetchHere(`${publicUrl}/api`, { method: 'POST', body: form })).json()) as {
    type: string;
    body: string;
  };
  expect(sent.body).toContain(`--${/boundary=(.*)/.exec(sent.type)?.[1] ?? 'none'}`);
});

test('an answer streams, and its end by the reader reaches the route', async () => {
  const { app, fetchHere } = start();
  let isClosed = () => {};
  const closed = new Promise<void>((resolve) => (isClosed = resolve));
  app.get('/events', (_request, reply) => {
    reply.hijack();
    reply.raw.on('close', isClosed);
    reply.raw.writeHead(200, { 'Content-Type': 'text/event-stream' });
    reply.raw.write('data: first\n\n');
  });
  const stop = new AbortController();
  const { body, headers } = await fetchHere(`${publicUrl}/events`, { signal: stop.signal });
  expect(headers.get('content-type')).toBe('text/event-stream');
  const reader = body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('data: first\n\n');
  stop.abort();
  await closed;
  await expect(reader?.read()).rejects.toThrow(/abort/i);
});

test('answers without a body, and refusals of a body that nobody reads, are answers', async () => {
  const { app, fetchHere } = start();
  app.get('/none', (_request, reply) => reply.code(304).send());
  app.post('/refused', (request, reply) => {
    discardBody(request.raw, 1);
    return reply.code(401).send({ no: true });
  });
  expect((await fetchHere(`${publicUrl}/none`)).status).toBe(304);
  const refused = await fetchHere(`${publicUrl}/refused`, { method: 'POST', body: 'x'.repeat(100_000) });
  expect(refused.status).toBe(401);
  expect(await refused.json()).toEqual({ no: true });
  // The rest of the body is hung up on after a while, of which the process must not die.
  await delay(20);
});

test('whoever counts bodies is told when one begins to be sent, and when it has been answered', async () => {
  const told: string[] = [];
  const { app, fetchHere } = start({ begins: () => told.push('begins'), ends: () => told.push('ends') });
  app.post('/api', (request, reply) => {
    told.push('read');
    discardBody(request.raw);
    return reply.send({});
  });
  app.get('/api', () => ({}));
  await fetchHere(`${publicUrl}/api`);
  await fetchHere(`${publicUrl}/api`, { method: 'POST', body: 'é' });
  expect(told).toEqual(['begins', 'read', 'ends']);
});

test('nothing but this server is called', async () => {
  const { fetchHere } = start();
  for (const url of [
    'https://pictures.example/other',
    'https://pictures.example/belowother/',
    'http://127.0.0.1/',
  ])
    await expect(fetchHere(url), url).rejects.toThrow(TypeError);
});

test('a redirect leads out of the process, to wherever the server sends its callers', async () => {
  const outside = fastify();
  outside.get('/picture', () => 'bytes');
  await outside.listen({ port: 0, host: '127.0.0.1' });
  const { app, fetchHere } = start();
  const { port } = outside.server.address() as { port: number };
  app.get('/file', (_request, reply) => reply.redirect(`http://127.0.0.1:${port}/picture`));
  expect(await (await fetchHere(`${publicUrl}/file`)).text()).toBe('bytes');
  const closed = once(outside.server, 'close');
  await outside.close();
  await closed;
});
