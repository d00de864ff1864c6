// For tests: a receiver of traces by OTLP, and an upstream that keeps the headers of its calls.

import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { vi } from 'vitest';
import { afterThisTest } from '../lib/ends.fixture.ts';

export const png = await sharp({ create: { width: 9, height: 6, channels: 3, background: 'gold' } })
  .png()
  .toBuffer();

export interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  traceState?: string;
  /** Server that sent it. */
  instance: string | undefined;
  name: string;
  status: { code?: number };
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
}

interface Exported {
  resourceSpans: {
    resource: Pick<SentSpan, 'attributes'>;
    scopeSpans: { spans: Omit<SentSpan, 'instance'>[] }[];
  }[];
}

/** Listens on loopback until the test ends; gives the address. */
export async function listen(take: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
  const server = createServer((request, response) => void take(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterThisTest(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A receiver of traces, to which those of servers that are started later go by the standard variables. */
export async function startCollector() {
  const bodies: string[] = [];
  const url = await listen(async (request, response) => {
    bodies.push(`${request.url} ${await text(request)}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url);
  afterThisTest(() => void vi.unstubAllEnvs());
  const spans = () =>
    bodies.flatMap((body) =>
      (JSON.parse(body.slice('/v1/traces '.length)) as Exported).resourceSpans.flatMap(
        ({ resource, scopeSpans }) => {
          const { value } = resource.attributes.find(({ key }) => key === 'service.instance.id') ?? {};
          const instance = value?.stringValue;
          return scopeSpans.flatMap((scope) => scope.spans.map((span): SentSpan => ({ ...span, instance })));
        },
      ),
    );
  return { bodies, spans };
}

/** Gives the only span whose name begins so. */
export function oneOf(spans: readonly SentSpan[], start: string): SentSpan {
  const [span, ...more] = spans.filter(({ name }) => name.startsWith(start));
  if (span === undefined || more.length > 0)
    throw new Error(`${start} of ${spans.map(({ name }) => name).join(', ')}`);
  return span;
}

export const attributesOf = ({ attributes }: Pick<SentSpan, 'attributes'>) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));

/** An upstream with the API of OpenAI that answers with a picture and keeps the headers of what it is asked. */
export async function startOpenAi() {
  const heard: IncomingHttpHeaders[] = [];
  const url = await listen(async (request, response) => {
    heard.push(request.headers);
    await text(request);
    const usage = { input_tokens: 11, output_tokens: 1120, total_tokens: 1131 };
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ data: [{ b64_json: png.toString('base64') }], usage }));
  });
  const file = `upstreams: { pool: { kind: openai, base_url: "${url}/v1", keys: ["sk-key-of-the-upstream"] } }`;
  return { file, heard };
}
