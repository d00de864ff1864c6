import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { RequestError } from '../../core/errors.ts';
import { processorMs } from '../../lib/processor-time.fixture.ts';
import type { Body } from './body-fields.ts';
import { createBodyReader, type KeepCopies } from './read-body.ts';
import type { SentBody } from '../server.fixture.ts';

/** A server that reads every body with one reader; `next` gives what became of the oldest not yet asked for. */
async function startReading(
  memoryBytes: number,
  limit = 10_000_000,
  work: (body: Body, keep: KeepCopies) => Promise<Body> = async (body) => body,
  copies = 1,
) {
  const reader = createBodyReader({ memoryBytes });
  const read: Promise<Body>[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const body = reader.use(request, { keyId: String(request.headers['x-key']), limit, copies }, work);
    read.push(body);
    server.emit('body');
    void body.then(
      () => response.end('read'),
      (error: unknown) =>
        response.writeHead(400).end(error instanceof RequestError ? error.type : String(error)),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
    return reader.close();
  });
  const { port } = server.address() as AddressInfo;
  async function next(): Promise<Body> {
    if (read.length === 0) await once(server, 'body');
    return read.shift() as Promise<Body>;
  }
  async function send(body: SentBody, type: string, key = 'another') {
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      body,
      headers: { 'content-type': type, 'x-key': key },
    });
    const outcome = next();
    // Not every test asks what became of it.
    outcome.catch(() => {});
    return { answer: await answer.text(), body: outcome };
  }
  return { port, next, send };
}

const form = 'application/x-www-form-urlencoded';

test('a form of half a million fields is refused in no time', async () => {
  const { send } = await startReading(10_000_000);
  // The thread that reads it takes its time to start.
  await send(' '.repeat(100_000), form);
  const spentMs = await processorMs(async () => {
    const { answer, body } = await send('a&'.repeat(500_000), form);
    await expect(body).rejects.toThrow('more than 200 fields');
    expect(answer).toBe('invalid_request');
  });
  expect(spentMs).toBeLessThan(2_000);
});

test('fields keep their order and their values, whatever they are called', async () => {
  const { send } = await startReading(1_000);
  const { body } = await send('__proto__=1&b[]=2&b=3&constructor=4&c=%C3%A9', form);
  expect(Object.entries((await body).fields)).toEqual([
    ['__proto__', '1'],
    ['b', ['2', '3']],
    ['constructor', '4'],
    ['c', 'é'],
  ]);
});

test('bodies that are read at the same time share one limit, which a request that broke off gives back', async () => {
  const { port, next, send } = await startReading(2_000);
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST / HTTP/1.1\r\nHost: x\r\nX-Key: another\r\nContent-Length: 900\r\n\r\n${' '.repeat(800)}`,
  );
  const brokenOff = next();
  // Bytes that were written before are read before: both connections are served by one loop, the first since longer.
  await expect.poll(async () => (await send(`{"a":"${'x'.repeat(300)}"}`, '')).answer).toBe('overloaded');
  socket.destroy();
  await expect(brokenOff).rejects.toMatchObject({ type: 'invalid_request' });
  const { answer } = await send(`{"a":"${'x'.repeat(900)}"}`, '');
  expect(answer).toBe('read');
});

test('a body holds its share of the limit until the work with it has ended, well or badly', async () => {
  let startOfWork: () => void = () => {};
  const started = new Promise<void>((resolve) => (startOfWork = resolve));
  let endWork: (error: Error) => void = () => {};
  const { next, send } = await startReading(2_000, 10_000_000, (body) => {
    if (body.fields['slow'] === undefined) return Promise.resolve(body);
    startOfWork();
    return new Promise((_, reject) => (endWork = reject));
  });
  const body = (name: string) => `{"${name}":"${'x'.repeat(600)}"}`;
  const slow = send(body('slow'), '');
  await started;
  const worked = next();
  expect((await send(body('quick'), '')).answer).toBe('overloaded');
  // Of another key, which has a share of its own.
  expect((await send(body('quick'), '', 'third')).answer).toBe('read');
  endWork(new RequestError('conflict', 'No.'));
  await expect(worked).rejects.toThrow('No.');
  expect((await slow).answer).toBe('conflict');
  expect((await send(body('quick'), '')).answer).toBe('read');
});

test('a body counts as often as it exists, until the work says that there are fewer of it', async () => {
  const go = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { send } = await startReading(
    2_000,
    undefined,
    async (body, keep) => {
      if (body.fields['a'] !== 'first') return body;
      await begun.promise;
      keep(1);
      await go.promise;
      return body;
    },
    4,
  );
  const first = send(`a=first&b=${'x'.repeat(200)}`, form, 'a');
  const refused = await send(`b=${'x'.repeat(200)}`, form, 'a');
  expect(refused.answer).toBe('overloaded');
  begun.resolve();
  await expect.poll(async () => (await send(`b=${'x'.repeat(150)}`, form, 'a')).answer).toBe('read');
  go.resolve();
  expect((await first).answer).toBe('read');
});

test('multipart of many parts is refused, and one without a file in its file field has none', async () => {
  const { send } = await startReading(1_000_000);
  const part = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n';
  const many = await send(`${part.repeat(201)}--x--\r\n`, 'multipart/form-data; boundary=x');
  expect(many.answer).toBe('invalid_request');
  await expect(many.body).rejects.toThrow('malformed');
  const empty =
    '--x\r\nContent-Disposition: form-data; name="f"; filename=""\r\nContent-Type: image/png\r\n\r\n\r\n';
  const { body } = await send(`${empty}${part}--x--\r\n`, 'multipart/form-data; boundary=x');
  expect(await body).toEqual({ fields: { a: '1' }, files: [] });
});

test('a part of multipart that has no name is nobody’s field', async () => {
  const { send } = await startReading(1_000);
  const nameless = '--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n';
  const { body } = await send(`${nameless}--x--\r\n`, 'multipart/form-data; boundary=x');
  expect(await body).toEqual({ fields: {}, files: [] });
});

test('files keep the names of their fields, and a part without a file name is text where text is expected', async () => {
  const { send } = await startReading(10_000);
  const part = (disposition: string, content: string) =>
    `--x\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: application/octet-stream\r\n\r\n${content}\r\n`;
  const { body } = await send(
    `${part('name="prompt"', 'Grün')}${part('name="key"', 'k')}${part('name="image[]"', '1')}` +
      `${part('name="other"; filename="a"', '2')}${part('filename="b"', '3')}--x--\r\n`,
    'multipart/form-data; boundary=x',
  );
  const { fields, files } = await body;
  expect(fields).toEqual({ prompt: 'Grün', key: 'k' });
  expect(files.map(({ name, bytes }) => [name, String(bytes)])).toEqual([
    ['image', '1'],
    ['other', '2'],
    ['', '3'],
  ]);
});

test('multipart that breaks off in a head has no field of it', async () => {
  const { send } = await startReading(1_000_000);
  const odd = `--x\r\n\r\nContent-Disposition: form-data\r\n: \r\n=--x\r\nX: ${'y'.repeat(90_000)}\r\n\r\n--x--\r\n`;
  const { body } = await send(odd, 'multipart/form-data; boundary=x');
  expect(await body).toEqual({ fields: {}, files: [] });
  const headless = `--x\r\nX: ${'y'.repeat(90_000)}\r\n--x--\r\n`;
  expect((await send(headless, 'multipart/form-data; boundary=x')).answer).toBe('invalid_request');
});

test('a body may come in thousands of pieces, and not all of it by the byte', async () => {
  const { port, next } = await startReading(100_000_000);
  const send = (count: number) => {
    const pieces = '1\r\n \r\n'.repeat(count);
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    onTestFinished(() => void socket.destroy());
    socket.end(
      `POST / HTTP/1.1\r\nHost: x\r\nX-Key: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n${pieces}0\r\n\r\n`,
    );
    return next();
  };
  expect((await send(9_000)).fields).toEqual({});
  await expect(send(20_000)).rejects.toThrow('too many small pieces');
});
