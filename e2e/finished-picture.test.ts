import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { api, submitted } from './calls.ts';
import { startServer, temporaryDirectory } from './server-process.ts';

/** A yellow PNG of 16 by 16 pixels. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAMAAAAoLQ9TAAAAA1BMVEX00D8i6Q70AAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADUlEQVQY02NgGAXIAAABEAAB7JfjegAAAABJRU5ErkJggg==',
  'base64',
);

/** The images API of a server whose answer is a link, behind which there is nothing before `fileIsThere`. */
async function startUpstream() {
  const seen = { paid: 0, fileIsThere: false };
  const asked = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      seen.paid += 1;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ data: [{ url: '/files/a.png' }] }));
    } else if (request.url === '/files/a.png') {
      asked.resolve();
      if (seen.fileIsThere) response.end(picture);
    } else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { seen, asked: asked.promise, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test(
  'a server killed between the answer and the download fetches the picture after its restart, and pays for one',
  { timeout: 60_000 },
  async () => {
    const { seen, asked, url } = await startUpstream();
    const directory = temporaryDirectory();
    const settings = { PLANTAIN_ADMIN_KEY: 'k'.repeat(40), OPENAI_BASE_URL: `${url}/v1` };
    const first = await startServer(directory, settings);
    const id = await submitted(api(first.url, 'k'.repeat(40)), { prompt: 'a plain yellow plantain' });
    await asked;
    await first.end('SIGKILL');

    seen.fileIsThere = true;
    const second = await startServer(directory, settings);
    const task = await api(second.url, 'k'.repeat(40)).final(id);
    expect(task).toMatchObject({ state: 'succeeded', attempts: [{ outcome: 'succeeded' }] });
    expect(task.attempts[0]).not.toHaveProperty('maybe_billed');
    expect(task.data.images).toHaveLength(1);
    expect(seen.paid).toBe(1);
  },
);
