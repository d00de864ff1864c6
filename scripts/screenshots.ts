// Makes docs/screenshots: each page of the console in a real browser, light, dark, on a phone, and in Chinese, of a server with the
// sandbox and some tasks. `node scripts/screenshots.ts`; the machine needs a Chinese font.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient, type PlantainClient } from '@plantain/client';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { launchBrowser, openTab, type Visit } from '../e2e/console-browser.ts';
import { launchServer } from '../e2e/launch-server.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'docs', 'screenshots');
const variants: readonly (Visit & { name: string; isTall: boolean })[] = [
  { name: 'light', isTall: true },
  { name: 'dark', isTall: true, colours: 'dark' },
  { name: 'phone', isTall: false, width: 390, height: 844 },
  { name: 'zh-light', isTall: true, language: 'zh' },
];
/** How much of a long page is shown on wide screens. */
const tallest = 1_400;
const startMs = 60_000;

const prompts = {
  en: [
    'A banana astronaut on the moon, long shadows',
    'A watercolour of a quiet harbour [[fail content_rejected]]',
  ],
  zh: ['月球上的香蕉宇航员，长长的影子', '宁静港口的水彩画 [[fail content_rejected]]'],
} as const;

/** Answers every webhook, and refuses those to `/broken`. */
async function startReceiver() {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(request.url === '/broken' ? 503 : 204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Tasks in every state, keys and endpoints. Gives the id of the task that has a page of its own. */
async function fill(client: PlantainClient, receiver: string): Promise<string> {
  await client.admin.keys.create({ name: 'Shop pictures', expires_in_seconds: 90 * 86_400 });
  await client.admin.keys.create({ name: '市场部', role: 'admin' });
  const { key_id: old } = await client.admin.keys.create({ name: 'A contractor of last summer' });
  await client.admin.keys.revoke(old);
  await client.webhooks.create({ url: `http://${receiver}/pictures`, description: 'The shop' });
  await client.webhooks.create({ url: `http://${receiver}/broken`, events: ['task.failed'] });

  const generate = async (
    prompt: string,
    more: { model?: string; aspect_ratio?: '16:9' | '3:4' | '1:1' } = {},
  ) => (await client.generate({ prompt, metadata: { team: 'design' }, ...more })).task_id;
  const shown = await generate(
    'Three moods of a banana [[images 3]] [[fail upstream_unavailable x1]] [[text Three moods, as you asked.]]',
  );
  const made = await Promise.all([
    generate('A lighthouse', { model: 'nano-banana-pro', aspect_ratio: '16:9' }),
    generate('A bakery', { model: 'nano-banana', aspect_ratio: '3:4' }),
    generate('A harbour', { model: 'nano-banana-2' }),
    generate('A tram in the rain', { aspect_ratio: '16:9' }),
  ]);
  const [first] = await Promise.all(made.map((id) => client.wait(id)));
  const image = first?.data.images[0]?.url ?? '';
  const edited = await client.edit({
    prompt: 'The same by night',
    image_urls: [image],
    metadata: { team: 'design' },
  });
  await Promise.all([client.wait(edited.task_id), client.wait(shown)]);
  await client.wait(await generate('Refused [[fail content_rejected]]')).catch(() => {});
  await client.wait(await generate('Unpaid [[fail upstream_billing]]')).catch(() => {});
  await client.cancel(await generate('Not wanted any more [[hang]]'));
  await generate('A picture that takes its time [[delay 10m]]');
  return shown;
}

/** Fills the playground as a person has it who sent some requests, and as that tab keeps it. */
async function play(browser: Browser, url: string, visit: Visit, texts: readonly string[]) {
  const page = await openTab(browser, visit);
  await page.goto(`${url}/#/playground`);
  for (const text of texts) {
    await page.locator('textarea').fill(text);
    await page.locator('form button[type=submit]').click();
    await page.getByRole('article', { name: text }).getByRole('button').first().waitFor();
  }
  await page.locator('textarea').fill(texts[0] ?? '');
  await page.locator('.run-picture img').first().waitFor();
  const kept = await page.evaluate('Object.entries(sessionStorage)');
  await page.context().close();
  return kept as [string, string][];
}

/** Until nothing is being loaded that one could see. */
async function settled(page: Page): Promise<void> {
  // Asked from here: the page's own policy forbids what `waitForFunction` would do in it.
  const isThere = `
    document.querySelector('h1') !== null && document.querySelector('.loading') === null &&
    [...document.images].every((image) => image.complete || image.getBoundingClientRect().top > innerHeight)`;
  const signal = AbortSignal.timeout(startMs);
  while (!(await page.evaluate(isThere))) {
    signal.throwIfAborted();
    await delay(50);
  }
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
}

async function photograph(page: Page, file: string, isTall: boolean): Promise<number> {
  await settled(page);
  const { width = 0, height = 0 } = page.viewportSize() ?? {};
  if (isTall) {
    // Not by a picture of the whole page: what stays in place while it is scrolled would stand in the middle.
    const whole = Number(await page.evaluate('document.documentElement.scrollHeight'));
    await page.setViewportSize({ width, height: Math.min(tallest, Math.max(height, whole)) });
    await settled(page);
  }
  const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  const { size } = await sharp(picture)
    .png({ palette: true, quality: 100, effort: 10, compressionLevel: 9, dither: 0.5 })
    .toFile(join(folder, file));
  if (isTall) await page.setViewportSize({ width, height });
  return size;
}

/** Without one, every character is the same empty box. */
async function checkFonts(browser: Browser): Promise<void> {
  const page = await openTab(browser);
  const drawn = (text: string) => `(() => {
    const canvas = document.createElement('canvas'), context = canvas.getContext('2d');
    context.font = '40px sans-serif';
    context.fillText('${text}', 0, 60);
    return canvas.toDataURL();
  })()`;
  if ((await page.evaluate(drawn('图'))) === (await page.evaluate(drawn('密'))))
    throw new Error(
      'This machine has no Chinese font. Install one, such as the package fonts-noto-cjk, and try again.',
    );
  await page.context().close();
}

async function photographAll(
  browser: Browser,
  server: { url: string; key: string },
  task: string,
): Promise<void> {
  const { url, key } = server;
  const kept = {
    en: await play(browser, url, { key }, prompts.en),
    zh: await play(browser, url, { key, language: 'zh' }, prompts.zh),
  };
  let total = 0;
  for (const { name, isTall, ...visit } of variants) {
    const stranger = await openTab(browser, visit);
    await stranger.goto(`${url}/`);
    total += await photograph(stranger, `sign-in-${name}.png`, false);
    await stranger.context().close();
    const page = await openTab(browser, { ...visit, key });
    await page.addInitScript(
      (entries) => {
        for (const [item, value] of entries) sessionStorage.setItem(item, value);
      },
      kept[visit.language ?? 'en'],
    );
    for (const place of [
      'playground',
      'tasks',
      'gallery',
      'webhooks',
      'overview',
      'keys',
      'settings',
      'task',
    ]) {
      await page.goto(`${url}/#/${place === 'task' ? `tasks/${task}` : place}`);
      await page.reload();
      total += await photograph(page, `${place}-${name}.png`, isTall);
    }
    await page.context().close();
  }
  console.log(`${folder}: ${(total / 1e6).toFixed(1)} MB`);
}

execFileSync(process.execPath, [join(root, 'scripts', 'setup.mjs')], { stdio: 'inherit' });
await using cleaning = new AsyncDisposableStack();
const directory = mkdtempSync(join(tmpdir(), 'plantain-screenshots-'));
cleaning.defer(() => rmSync(directory, { recursive: true, force: true }));
const receiver = await startReceiver();
cleaning.defer(() => {
  receiver.server.closeAllConnections();
  receiver.server.close();
});
const server = await launchServer(
  directory,
  {
    // As people have it who set nothing: the page of settings shows it.
    PLANTAIN_DATA_DIR: '',
    PLANTAIN_LOG_LEVEL: 'silent',
    PLANTAIN_SANDBOX_DURATION_MS: '400',
    PLANTAIN_ALLOWED_PRIVATE_HOSTS: receiver.host,
  },
  { cwd: directory, onSpawn: (kill) => cleaning.defer(kill) },
);
const key = server.key ?? '';
const browser = await launchBrowser();
cleaning.defer(() => browser.close());
await checkFonts(browser);
mkdirSync(folder, { recursive: true });
const task = await fill(createClient({ baseUrl: server.url, apiKey: key }), receiver.host);
await photographAll(browser, { url: server.url, key }, task);
