// Three upstreams on loopback that can be broken in the middle of a run, and that count what they would charge for.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** A yellow PNG of 16 by 16 pixels. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAMAAAAoLQ9TAAAAA1BMVEX00D8i6Q70AAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADUlEQVQY02NgGAXIAAABEAAB7JfjegAAAABJRU5ErkJggg==',
  'base64',
);

export interface UpstreamServer {
  url: string;
  /** How often each prompt was charged for: when the picture is made, or the operation taken. */
  charged: Map<string, number>;
  /** Breaks every connection and refuses new ones. */
  die(): Promise<void>;
  /** Listens again where it did. */
  comeBack(): Promise<void>;
}

type Handle = (request: IncomingMessage, response: ServerResponse, body: string) => Promise<void> | void;

async function serve(handle: Handle): Promise<Omit<UpstreamServer, 'charged'> & { close(): void }> {
  const listen = async (port: number): Promise<Server> => {
    const server = createServer((request, response) => {
      void (async () => handle(request, response, await text(request)))().catch(() => response.destroy());
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  let server = await listen(0);
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    close,
    async die() {
      const closed = once(server, 'close');
      close();
      await closed;
    },
    async comeBack() {
      server = await listen(port);
    },
  };
}

function send(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Resolves true unless the connection broke meanwhile: nothing is made then, and nothing charged. */
function work(response: ServerResponse, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), ms);
    response.on('close', () => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}

function counter() {
  const charged = new Map<string, number>();
  return { charged, charge: (prompt: string) => charged.set(prompt, (charged.get(prompt) ?? 0) + 1) };
}

/** Gemini's wire, which takes only so many requests in each second and says when to come again. */
export async function limitingGemini(perSecond: number): Promise<UpstreamServer & { close(): void }> {
  const { charged, charge } = counter();
  let second = 0;
  let taken = 0;
  const server = await serve(async (_request, response, body) => {
    const now = Math.floor(performance.now() / 1000);
    if (now !== second) [second, taken] = [now, 0];
    if ((taken += 1) > perSecond) {
      const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1s' }];
      send(
        response,
        { error: { code: 429, message: 'Slow down.', status: 'RESOURCE_EXHAUSTED', details } },
        429,
      );
      return;
    }
    const { contents } = JSON.parse(body) as { contents: { parts: { text: string }[] }[] };
    if (!(await work(response, 50))) return;
    charge(contents[0]?.parts[0]?.text ?? '');
    const inlineData = { mimeType: 'image/png', data: picture.toString('base64') };
    send(response, { candidates: [{ content: { parts: [{ inlineData }] }, finishReason: 'STOP' }] });
  });
  return { ...server, charged };
}

/** OpenAI's wire. */
export async function openAi(): Promise<UpstreamServer & { close(): void }> {
  const { charged, charge } = counter();
  const server = await serve(async (_request, response, body) => {
    const { prompt } = JSON.parse(body) as { prompt: string };
    if (!(await work(response, 50))) return;
    charge(prompt);
    send(response, { created: 1, data: [{ b64_json: picture.toString('base64') }] });
  });
  return { ...server, charged };
}

/** The task API, whose operations take `operationMs` and go on while nobody can ask after them. `polled`: the operations that were asked after. */
export async function taskServer(
  operationMs = 100,
): Promise<UpstreamServer & { close(): void; polled: ReadonlySet<string> }> {
  const { charged, charge } = counter();
  const operations = new Map<string, number>();
  const polled = new Set<string>();
  const envelope = (data: unknown, code = 200) => ({ code, msg: 'success', data, exec_time: 0, ip: '' });
  const server = await serve((request, response, body) => {
    const { url = '', method } = request;
    if (url.startsWith('/picture')) {
      response.writeHead(200, { 'content-type': 'image/png' }).end(picture);
      return;
    }
    if (method === 'POST') {
      const { prompt } = JSON.parse(body) as { prompt: string };
      charge(prompt);
      const id = crypto.randomUUID();
      operations.set(id, performance.now() + operationMs);
      send(response, envelope({ task_id: id }));
      return;
    }
    const id = url.split('/').at(-1) ?? '';
    polled.add(id);
    const done = (operations.get(id) ?? Infinity) <= performance.now();
    send(
      response,
      envelope({
        task_id: id,
        state: done ? 'succeeded' : 'running',
        data: {
          images: done ? [{ url: `${server.url}/picture`, file_name: 'output.png' }] : [],
          description: '',
        },
        create_time: '1',
        update_time: '1',
        msg: '',
        status: done ? '3' : '1',
        action: 'generate',
      }),
    );
  });
  return { ...server, charged, polled };
}
