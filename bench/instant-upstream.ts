// An upstream of Gemini's wire that answers each call at once with one picture. It runs in the process of the load, on its core.

import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `first` may take a request, and then returns true; every other is answered with the picture, a PNG. */
export async function startInstantUpstream(
  picture: Buffer,
  first: (...exchange: Parameters<RequestListener>) => boolean = () => false,
): Promise<{ url: string; close(): void }> {
  const inlineData = { mimeType: 'image/png', data: picture.toString('base64') };
  const made = JSON.stringify({
    candidates: [{ content: { parts: [{ inlineData }] }, finishReason: 'STOP' }],
  });
  const server = createServer((request, response) => {
    request.resume();
    if (first(request, response)) return;
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/json' }).end(made));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
