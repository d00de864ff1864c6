// Ways in which a web page follows its pictures, in a real browser and from another origin: the library as its package has it, the
// browser's own EventSource; and curl, as the other client that follows events without a library.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type * as Library from '@plantain/client';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  adminKey,
  startServer,
  statusPath,
  temporaryDirectory,
  type TestServer,
} from '../packages/server/src/http/server.fixture.ts';
import { buildClient } from '../scripts/build-client.ts';
import { launchBrowser, openTab, watchFaults } from './console-browser.ts';
import { isMissing } from './needed-tool.fixture.ts';

const script =
  '<script type="module">import * as library from "/index.js"; window.library = library;</script>';

const directory = join(temporaryDirectory(), 'client');
/** A plain server of files, as of any site. */
const site = createServer((request, response) => {
  const isPage = request.url === '/';
  response.setHeader('content-type', isPage ? 'text/html' : 'text/javascript');
  response.end(isPage ? `<title>A site</title>${script}` : readFileSync(join(directory, request.url ?? '')));
});
let server: TestServer;
let browser: Browser;
/** Where the page is. */
let origin: string;

beforeAll(async () => {
  await buildClient(directory);
  site.listen(0, '127.0.0.1');
  await once(site, 'listening');
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  // One at a time, so that a task waits behind another for as long as a test wants it to.
  [server, browser] = await Promise.all([startServer({ CONCURRENCY: '1' }), launchBrowser()]);
}, 60_000);
afterAll(async () => {
  await browser.close();
  site.closeAllConnections();
  site.close();
});

async function openPage(): Promise<{ page: Page; faults: string[] }> {
  const page = await openTab(browser);
  onTestFinished(() => page.context().close());
  const faults = watchFaults(page, { origin, secret: adminKey, expected: /^request to / });
  await page.goto(origin);
  await page.waitForFunction(() => 'library' in globalThis);
  return { page, faults };
}

test('the library works in a page of another origin', async () => {
  const { page, faults } = await openPage();
  const body = JSON.stringify({ type: 'webhook.test', timestamp: new Date().toISOString(), data: {} });
  const secret = `whsec_${Buffer.from('a secret of this test').toString('base64')}`;
  const signature = new Webhook(secret).sign('message_1', new Date(), body);
  const headers = {
    'webhook-id': 'message_1',
    'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
    'webhook-signature': signature,
  };
  const png = await sharp({ create: { width: 80, height: 60, channels: 3, background: '#c33' } })
    .png()
    .toBuffer();

  const seen = await page.evaluate(
    async ({ url, key, photo, webhook }) => {
      const { createClient, verifyWebhook } = (globalThis as unknown as { library: typeof Library }).library;
      const client = createClient({ baseUrl: url, apiKey: key });
      const progress: string[] = [];
      const submitted = await client.generate({
        prompt: 'a cat [[delay 300ms]]',
        metadata: { from: 'a page' },
      });
      const task = await client.wait(submitted, { onProgress: ({ state }) => progress.push(state) });
      const picture = await client.picture(task);

      const bytes = Uint8Array.from(photo);
      const file = await client.files.upload(new Blob([bytes], { type: 'image/png' }));
      const edited = await client.wait(await client.edit({ prompt: 'at night', image_urls: [file.file] }));
      const listed: string[] = [];
      for await (const each of client.list({ metadata: { from: 'a page' } })) listed.push(each.task_id);
      const { type } = await verifyWebhook(webhook.body, webhook.headers, webhook.secret);
      const refused = await verifyWebhook(`${webhook.body} `, webhook.headers, webhook.secret).catch(
        (error: Error) => error.name,
      );
      return {
        progress,
        picture: { type: picture.type, begins: await picture.slice(1, 4).text() },
        file: { width: file.width, type: file.content_type },
        edited: edited.action,
        isListed: listed.length === 1 && listed[0] === task.task_id,
        verified: type,
        refused,
      };
    },
    { url: server.url, key: adminKey, photo: [...png], webhook: { body, headers, secret } },
  );
  expect(seen.progress).toContain('running');
  expect(seen).toMatchObject({
    picture: { type: 'image/png', begins: 'PNG' },
    file: { width: 80, type: 'image/png' },
    edited: 'edit',
    isListed: true,
    verified: 'webhook.test',
    refused: 'WebhookVerificationError',
  });
  expect(faults).toEqual([]);
});

/** A task that is pending until `release`, which resolves when its turn can come. */
async function pendingTask() {
  const first = await server.submit({ prompt: '[[hang]]' });
  await server.until(first, ({ state }) => state === 'running');
  const { body } = await server.post({ prompt: 'a cat [[delay 300ms]]' });
  const { task_id: id, events_url: eventsUrl = '' } = body.data;
  const release = () => server.call(`${statusPath}/${first}/cancel`, { method: 'POST' });
  return { id, eventsUrl, release };
}

const inOrder = ['pending', 'running', 'succeeded'];

test('a browser’s EventSource follows a task from one state to the next, and stops when it has ended', async () => {
  const { page, faults } = await openPage();
  const { eventsUrl, release } = await pendingTask();
  await page.exposeFunction('release', async () => void (await release()));
  const answers: number[] = [];
  page.on('response', (response) => {
    if (response.url() === eventsUrl) answers.push(response.status());
  });
  const states = await page.evaluate(async (url) => {
    const source = new EventSource(url);
    const seen: string[] = [];
    source.addEventListener('task', (event) => {
      const { state } = JSON.parse((event as Event & { data: string }).data) as { state: string };
      if (seen.at(-1) !== state) seen.push(state);
      if (state === 'pending') void (globalThis as unknown as { release: () => Promise<void> }).release();
    });
    return await new Promise<string[]>((resolve) => {
      source.addEventListener('error', () => {
        if (source.readyState === EventSource.CLOSED) resolve(seen);
      });
    });
  }, eventsUrl);
  expect(states).toEqual(inOrder);
  expect(answers).toEqual([200, 204]);
  expect(faults).toEqual([]);
});

test.skipIf(isMissing('curl'))(
  'curl prints every state of a task until the server ends the stream',
  async () => {
    const { id, release } = await pendingTask();
    const curl = spawn('curl', [
      '-sSfN',
      '-H',
      `Authorization: ${adminKey}`,
      `${server.url}${statusPath}/${id}/events`,
    ]);
    onTestFinished(() => void curl.kill());
    let printed = '';
    let isReleased: Promise<unknown> | undefined;
    curl.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
      if (printed.includes('\n\n')) isReleased ??= release();
    });
    const [code] = (await once(curl, 'close')) as [number];
    await isReleased;
    const states = [...printed.matchAll(/^data: ?(.*)$/gm)].map(
      ([, data = '']) => (JSON.parse(data) as { state: string }).state,
    );
    expect(code).toBe(0);
    expect(states.filter((state, index) => state !== states[index - 1])).toEqual(inOrder);
  },
);
