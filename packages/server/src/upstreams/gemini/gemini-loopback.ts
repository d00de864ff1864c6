// Test support: a real HTTP server on loopback that speaks Gemini's wire under any base path, in `/v1` and `/v1beta`.
// It answers each request with what the test scripted, else with one small PNG, and keeps what it was asked.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A yellow PNG of 16 by 16 pixels, in base64. */
export const smallPng =
  'iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAMAAAAoLQ9TAAAAA1BMVEX00D8i6Q70AAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADUlEQVQY02NgGAXIAAABEAAB7JfjegAAAABJRU5ErkJggg==';

export interface LoopbackRequest {
  path: string;
  /** The model that the path names. */
  model: string;
  headers: IncomingHttpHeaders;
  /** The parsed JSON. */
  body: unknown;
}

/** `body`: a string or Buffer is sent as it is, anything else as JSON. */
export interface LoopbackReply {
  /** Default 200. */
  status?: number;
  headers?: Record<string, string>;
  body: unknown;
}

/** Gives the reply, or `undefined` when it takes the answering upon itself: to split it, cut it off, or never answer. */
export type Respond = (request: LoopbackRequest, response: ServerResponse) => LoopbackReply | undefined;

export interface GeminiLoopback {
  /** Base URL, without a path. */
  url: string;
  /** Every request so far, oldest first. */
  requests: LoopbackRequest[];
  close(): Promise<void>;
}

/** A reply with one candidate that has these parts. */
export function candidateReply(parts: unknown[], finishReason = 'STOP'): LoopbackReply {
  return {
    body: {
      candidates: [{ content: { role: 'model', parts }, finishReason, index: 0 }],
      usageMetadata: {
        promptTokenCount: 5,
        candidatesTokenCount: 1124,
        thoughtsTokenCount: 300,
        totalTokenCount: 1429,
        candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 1120 }],
        serviceTier: 'standard',
      },
      modelVersion: 'gemini-loopback',
      responseId: 'loopback-response',
    },
  };
}

/** A reply in Google's error form. */
export function errorReply(
  status: number,
  name: string,
  message: string,
  details?: unknown[],
): LoopbackReply {
  return { status, body: { error: { code: status, message, status: name, details } } };
}

/** Listens on a free port of 127.0.0.1. */
export async function startGeminiLoopback({ respond }: { respond?: Respond } = {}): Promise<GeminiLoopback> {
  const requests: LoopbackRequest[] = [];
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const body = await buffer(request);
    const model = /\/v1(?:beta)?\/models\/([^/:]+):generateContent$/.exec(path)?.[1];
    if (request.method !== 'POST' || model === undefined) {
      send(response, errorReply(404, 'NOT_FOUND', 'Requested entity was not found.'));
      return;
    }
    const asked: LoopbackRequest = {
      path,
      model: decodeURIComponent(model),
      headers: request.headers,
      body: JSON.parse(body.toString()),
    };
    requests.push(asked);
    const reply = respond === undefined ? pictureReply() : respond(asked, response);
    if (reply !== undefined) send(response, reply);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function pictureReply(): LoopbackReply {
  return candidateReply([
    { text: 'Here is your picture.' },
    { inlineData: { mimeType: 'image/png', data: smallPng } },
  ]);
}

function send(response: ServerResponse, { status = 200, headers, body }: LoopbackReply): void {
  const raw = typeof body === 'string' || Buffer.isBuffer(body);
  response.writeHead(status, { 'content-type': raw ? 'text/html' : 'application/json', ...headers });
  response.end(raw ? body : JSON.stringify(body));
}
