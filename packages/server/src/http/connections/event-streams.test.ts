import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fastify from 'fastify';
import { afterEach, expect, test } from 'vitest';
import type { Emit } from '../../core/events.ts';
import { createEventStreams, type EventStream } from './event-streams.ts';
import { createOpenWaits } from './open-waits.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

const quiet: Emit = () => {};

/** A server whose only answer is a stream; `pump` is the test's. */
async function startStreams(
  pump: (stream: EventStream) => boolean | void,
  { beatMs = 60_000, emit = quiet, mayRead = (): boolean => true } = {},
) {
  const waits = createOpenWaits({ maxPerKey: 3 });
  const streams = createEventStreams({ waits, emit, beatMs });
  const wakes = new Set<() => void>();
  const closed = Promise.withResolvers<void>();
  const app = fastify();
  app.get('/', (_request, reply) => {
    reply.raw.once('close', closed.resolve);
    streams.open(reply, 'key', {
      pump: async (stream) => pump(stream),
      mayRead: async () => mayRead(),
      watch(wake) {
        wakes.add(wake);
        return () => wakes.delete(wake);
      },
    });
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  closers.push(() => app.close());
  const { port } = app.server.address() as { port: number };
  function open(): Socket {
    const socket = connect(port, '127.0.0.1');
    closers.push(() => socket.destroy());
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    return socket;
  }
  return { open, wakes, waits, closed: closed.promise };
}

/** Reads until the text holds what is wanted. */
async function readUntil(socket: Socket, wanted: RegExp): Promise<string> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false }))
    if (wanted.test((text += chunk))) break;
  return text;
}

test('a stream tells how soon to come again, and shows by comments that it is alive', async () => {
  const { open } = await startStreams(() => {}, { beatMs: 5 });
  const text = await readUntil(open(), /:\n\n[^]*:\n\n/);
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(text).toMatch(/content-type: text\/event-stream; charset=utf-8\r\n/i);
  expect(text).toMatch(/cache-control: no-cache\r\n/i);
  expect(text).toMatch(/x-accel-buffering: no\r\n/i);
  expect(text).toContain('retry: 2000\n\n');
});

test('a reader that takes nothing is written to only until the buffers are full, and is then dropped', async () => {
  const frame = 'x'.repeat(64 * 1024);
  let sent = 0;
  const { open, wakes, closed } = await startStreams(
    (stream) => {
      while (stream.isReady) stream.send(String((sent += 1)), frame);
    },
    { beatMs: 20 },
  );
  const socket = open();
  socket.pause();
  await once(socket, 'connect');
  await closed;
  // As many as the kernel holds for both ends of a connection, and not the million frames that there would have been to send.
  expect(sent).toBeLessThan(1_000);
  expect(wakes.size).toBe(0);
});

test('a reader that catches up is sent what there is by then, and nothing of what was in between', async () => {
  const frame = 'x'.repeat(64 * 1024);
  let state = 0;
  const sent: number[] = [];
  const { open, wakes } = await startStreams((stream) => {
    if (sent.at(-1) === state) return;
    sent.push(state);
    stream.send(String(state), frame);
  });
  const socket = open();
  socket.pause();
  while (wakes.size === 0) await new Promise(setImmediate);
  for (state = 1; state <= 5_000; state += 1) {
    for (const wake of wakes) wake();
    await new Promise(setImmediate);
  }
  expect(sent.length).toBeLessThan(1_000);
  const text = await readUntil(socket, /id: 5001\n/);
  expect(text.match(/^id: /gm)?.length).toBe(sent.length);
  expect(sent.at(-1)).toBe(5_001);
  expect(sent.at(-2)).toBeLessThan(1_000);
});

test('a client that goes away leaves nothing behind, and makes room for another', async () => {
  const { open, wakes, waits } = await startStreams(() => {});
  const sockets = [open(), open(), open()];
  for (const socket of sockets) await readUntil(socket, /retry/);
  expect(wakes.size).toBe(3);
  expect(await readUntil(open(), /}$/)).toMatch(/^HTTP\/1\.1 500 /);
  sockets[0]?.destroy();
  while (wakes.size === 3) await new Promise(setImmediate);
  expect(wakes.size).toBe(2);
  expect(() => waits.enter('key', () => {})()).not.toThrow();
});

test('streams that have much to send take turns', async () => {
  const order: EventStream[] = [];
  const { open, wakes } = await startStreams((stream) => {
    if (wakes.size < 2) return true;
    order.push(stream);
    return order.length < 10;
  });
  open();
  open();
  while (order.length < 10) await new Promise(setImmediate);
  const [first, second] = order;
  expect(second).not.toBe(first);
  for (const [index, stream] of order.entries()) expect(stream).toBe(index % 2 === 0 ? first : second);
});

test('a stream ends when its reader may no longer read, whether there is something to send or not', async () => {
  let mayRead = true;
  const sent: number[] = [];
  const { open, wakes } = await startStreams((stream) => stream.send(String(sent.push(0)), '{}'), {
    beatMs: 20,
    mayRead: () => mayRead,
  });
  const idle = open();
  await readUntil(idle, /retry/);
  mayRead = false;
  await readUntil(idle, /0\r\n\r\n$/);
  while (wakes.size > 0) await new Promise(setImmediate);
  mayRead = true;
  const busy = open();
  await readUntil(busy, /id: 2\n/);
  mayRead = false;
  for (const wake of wakes) wake();
  await readUntil(busy, /0\r\n\r\n$/);
  expect(sent.length).toBe(2);
});

test('a stream that can’t be read from the store ends, is logged, and harms no other', async () => {
  const events: string[] = [];
  let isBroken = false;
  const { open, wakes, closed } = await startStreams(
    () => {
      if (isBroken) throw new Error('disk I/O error');
    },
    { emit: (event) => void events.push(event) },
  );
  await readUntil(open(), /retry/);
  isBroken = true;
  for (const wake of wakes) wake();
  await closed;
  expect(events).toEqual(['event_stream_failed']);
});

test('a stream whose key can’t be read ends at its next beat, and is logged', async () => {
  const events: string[] = [];
  let isBroken = false;
  const { open, closed } = await startStreams(() => {}, {
    beatMs: 5,
    emit: (event) => void events.push(event),
    mayRead() {
      if (isBroken) throw new Error('disk I/O error');
      return true;
    },
  });
  await readUntil(open(), /retry/);
  isBroken = true;
  await closed;
  expect(events).toEqual(['event_stream_failed']);
});

test('when the server stops, open streams end and new ones end after what there is to send', async () => {
  const { open, waits } = await startStreams((stream) => stream.send('1', '{}'));
  const before = open();
  await readUntil(before, /data: {}\n\n/);
  waits.drain();
  expect(await readUntil(before, /\r\n0\r\n\r\n$|^0\r\n\r\n$/)).not.toBe('');
  expect(await readUntil(open(), /\r\n0\r\n\r\n$/)).toContain('data: {}');
});
