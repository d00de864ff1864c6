import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { inTurn } from './in-turn.ts';

/** A server that answers with `work`'s text; `order` has the URLs as they were begun. */
async function start(work: (request: IncomingMessage, response: ServerResponse) => Promise<string>) {
  const order: string[] = [];
  const server = createServer(
    inTurn((request, response) => {
      order.push(request.url ?? '');
      void work(request, response).then((body) => response.end(body));
    }),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    order,
    open: () => connect(port, '127.0.0.1'),
    closeAll: () => server.closeAllConnections(),
  };
}
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const last = 'Connection: close\r\n';

test('whoever sends many requests at once lets others have their turn, and has all answers in order', async () => {
  const { order, open } = await start(async ({ url = '' }) => `<${url}>`);
  const many = open();
  const answers = text(many);
  many.write(Array.from({ length: 2_000 }, (_, at) => get(`/${at}`, at === 1_999 ? last : '')).join(''));
  await once(many, 'data');
  const other = open();
  other.write(get('/other', last));
  await text(other);
  expect(order.length).toBeLessThan(2_001);
  const found = (await answers).match(/(?<=<\/)\d+/g)?.map(Number);
  expect(found).toEqual(Array.from({ length: 2_000 }, (_, at) => at));
  expect(order.indexOf('/other')).toBeLessThan(2_000);
});

test('a request waits for the one before it, and its body for the request', async () => {
  const ends: (() => void)[] = [];
  const { order, open } = await start(async (request) => {
    if (request.url === '/slow') await new Promise<void>((resolve) => ends.push(resolve));
    return `<${await text(request)}>`;
  });
  const socket = open();
  const answers = text(socket);
  const body = 'x'.repeat(300_000);
  socket.write(get('/slow') + get('/quick'));
  socket.write(`POST /body HTTP/1.1\r\nHost: x\r\n${last}Content-Length: ${body.length}\r\n\r\n${body}`);
  await expect.poll(() => ends.length).toBe(1);
  const other = open();
  other.write(get('/other', last));
  await text(other);
  expect(order).toEqual(['/slow', '/other']);
  ends[0]?.();
  expect((await answers).endsWith(`<${body}>`)).toBe(true);
  expect(order).toEqual(['/slow', '/other', '/quick', '/body']);
});

test('what waits on a connection that was closed is never begun', async () => {
  let closed = false;
  const { order, open, closeAll } = await start(async (request, response) => {
    if (request.url === '/first') await once(response, 'close').then(() => (closed = true));
    return 'here';
  });
  const socket = open();
  socket.on('error', () => {});
  socket.write(get('/first') + get('/second') + get('/third'));
  await expect.poll(() => order).toEqual(['/first']);
  closeAll();
  await expect.poll(() => closed).toBe(true);
  const other = open();
  other.write(get('/other', last));
  expect(await text(other)).toContain('here');
  expect(order).toEqual(['/first', '/other']);
});
