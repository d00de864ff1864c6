// The page of the reference at /docs, in a real browser.

import { expect, onTestFinished, test } from 'vitest';
import { startServer } from '../packages/server/src/http/server.fixture.ts';
import { launchBrowser } from './console-browser.ts';
import { startProxy } from './prefix-proxy.ts';

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
