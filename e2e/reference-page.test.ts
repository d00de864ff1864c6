// The page of the reference at /docs, in a real browser.

import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../packages/server/src/http/server.fixture.ts';
import { launchBrowser } from './console-browser.ts';

/** A proxy that takes a path prefix off, as operators have in front. */
async function startProxy(prefix: string, target: () => string): Promise<string> {
  const proxy = createServer((request, response) => {
    const { method, headers, url = '/' } = request;
    if (!url.startsWith(`${prefix}/`)) return response.writeHead(404).end();
    const passedOn = httpRequest(target() + url.slice(prefix.length), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    return request.pipe(passedOn);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${prefix}`;
}

test('the reference opens in a browser behind a path prefix, shows each call, and asks nobody else for anything', async () => {
  let target = '';
  const base = await startProxy('/pictures', () => target);
  ({ url: target } = await startServer({ PUBLIC_URL: base }));
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  const page = await browser.newPage();
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${base}/docs`);
  await page.getByText('Submit a task: edit or combine pictures').first().click();
  // The line for the shell names the address behind the prefix.
  await page
    .getByText(new URL(base).pathname + '/api/gemini/nano-banana-edit')
    .first()
    .waitFor();
  expect(complaints).toEqual([]);
  expect(asked.filter((url) => !/^(data|blob):/.test(url))).toEqual([
    `${base}/docs`,
    `${base}/docs/scalar.js`,
    `${base}/openapi.json`,
  ]);
});
