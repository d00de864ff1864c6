import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { hangUpOnSilence } from './slow-reader.ts';

/** More than any connection's buffers take. */
const large = Buffer.alloc(64 * 2 ** 20);

test('a reader that takes nothing of a large answer is hung up on, and its source is closed', async () => {
  const app = fastify();
  onTestFinished(() => app.close());
  const source = Readable.from([large, large]);
  app.get('/', (_request, reply) => {
    hangUpOnSilence(reply, 50);
    return reply.send(source);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const closed = once(source, 'close');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await closed;
  expect(source.destroyed).toBe(true);
});

test('a connection whose answer was taken waits for the next request as long as others, and calls within the process work', async () => {
  const app = fastify({ keepAliveTimeout: 70_000 });
  onTestFinished(() => app.close());
  app.get('/', (_request, reply) => {
    hangUpOnSilence(reply, 60_000);
    return reply.send('sent');
  });
  expect((await app.inject('/')).body).toBe('sent');
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  const [connections] = await Promise.all([
    once(app.server, 'connection') as Promise<[Socket]>,
    fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.text()),
  ]);
  await expect.poll(() => connections[0].timeout).toBeGreaterThanOrEqual(70_000);
});
