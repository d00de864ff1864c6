// Where things stand, measured in a real browser at the widths that people have: nothing lies over anything else, and nothing moves when a
// picture comes.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { api, submitted } from './calls.ts';
import type { Visit } from './console-browser.ts';
import { tabsOfOneBrowser } from './console-tabs.ts';
import { playground, seen } from './console-walk.ts';
import { wordsIn } from './console-words.ts';
import { plain } from '../packages/server/src/pictures/formats/heic.fixture.ts';
import { serverForAll } from './server-process.ts';

const key = 'k'.repeat(40);
const widths = [320, 768, 1024, 1280, 1440, 1920];
/** A page that is enlarged to 200 and to 400 per cent. */
const enlarged = { half: { width: 640, height: 400 }, quarter: { width: 320, height: 256 } };
/** A picture that Chromium can't show. */
const photo = { name: 'photo.heic', mimeType: 'image/heic', buffer: plain };
/** Pixels that a card may grow by when its picture is there: nobody sees them. */
const slack = 4;

const server = serverForAll({
  PLANTAIN_ADMIN_KEY: key,
  PLANTAIN_SANDBOX_DURATION_MS: '0',
  PLANTAIN_CONCURRENCY: '16',
});
const openTab = tabsOfOneBrowser();
const open = (visit: Visit) => openTab({ key, ...visit });

/** The place of an input picture that the server has, and not of a file that the browser tries to show. */
const sentInput = (page: Page) => page.locator('.input-frame:has(img[src*="/files/"])');

/** In the page: the pairs of things in one row that lie over each other. */
const overlaps = `(() => {
  const parts = '.task-thumb, .task-name, .task-model, .badge, .task-state .muted, time, .task-cost, .task-metadata, .task-actions';
  const found = [];
  for (const row of document.querySelectorAll('.task-row')) {
    const seen = [...row.querySelectorAll(parts)]
      .map((part) => ({ name: part.className + ' ' + part.textContent, box: part.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && box.height > 0);
    const outer = row.getBoundingClientRect();
    for (const [index, one] of seen.entries()) {
      if (one.box.right > outer.right + 1 || one.box.bottom > outer.bottom + 1) found.push(one.name + ' leaves its row');
      for (const other of seen.slice(index + 1)) {
        const apart = one.box.right <= other.box.left + 0.5 || other.box.right <= one.box.left + 0.5 ||
          one.box.bottom <= other.box.top + 0.5 || other.box.bottom <= one.box.top + 0.5;
        if (!apart) found.push(one.name + ' over ' + other.name);
      }
    }
  }
  return found;
})()`;

/** In the page: whether the menu stands at the side, and the list of tasks is a table with heads. */
const layout = `(() => {
  const side = document.querySelector('.side').getBoundingClientRect();
  const head = document.querySelector('.task-head')?.getBoundingClientRect();
  return {
    isAtSide: side.left === 0 && side.height === innerHeight && side.width < innerWidth / 3,
    hasHeads: head !== undefined && head.height > 10,
    tooWide: document.documentElement.scrollWidth - innerWidth,
  };
})()`;

/** In the page: the longest state that a badge can show, in the language of the page. */
const makeLong = (text: string) => `(() => {
  for (const badge of document.querySelectorAll('.task-row .badge[data-state=running]')) badge.textContent = ${JSON.stringify(text)};
})()`;

test.each(['en', 'zh'] as const)(
  'in the list of tasks nothing lies over anything else in %s, whatever the width, and from 1024 pixels on it is that of a desktop',
  { timeout: 120_000 },
  async (language) => {
    const { url } = server();
    const client = api(url, key);
    const say = await wordsIn(language);
    const metadata = { team: 'design', order: '7'.repeat(30) };
    for (const prompt of ['a cat', 'no [[fail upstream_auth]]', 'long '.repeat(60)])
      await client.final(await submitted(client, { prompt, metadata }));
    await submitted(client, { prompt: 'slow [[delay 10m]]', metadata, model: 'nano-banana-pro' });
    const page = await open({ language });
    const faults: unknown[] = [];
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(`${url}/#/tasks`);
      await page.getByRole('row').nth(4).waitFor();
      await page.evaluate(makeLong(`${say('taskFacts', 'running')} 100 %`));
      faults.push(...(await page.evaluate<string[]>(overlaps)).map((fault) => `${width}: ${fault}`));
      const isDesktop = width >= 1024;
      expect(await page.evaluate(layout), `at ${width}`).toEqual({
        isAtSide: isDesktop,
        hasHeads: isDesktop,
        tooWide: 0,
      });
    }
    expect(faults).toEqual([]);
  },
);

test('on an enlarged page the bar takes little of what is to be seen, for administrators too', async () => {
  const { url } = server();
  const page = await open(enlarged.half);
  await page.goto(`${url}/`);
  await page.locator('.playground-form').waitFor();
  const bar = async () =>
    (await page.evaluate(`(() => {
      const { top, bottom, height } = document.querySelector('.side').getBoundingClientRect();
      return { seen: Math.max(0, Math.min(bottom, innerHeight) - top) / innerHeight, links: document.querySelectorAll('.side a.place').length, height };
    })()`)) as { seen: number; links: number };
  expect((await bar()).links).toBe(7);
  expect((await bar()).seen).toBeLessThan(0.15);
  await page.setViewportSize(enlarged.quarter);
  expect((await bar()).seen).toBeLessThan(0.15);
});

test('at 1024 pixels the results stand beside the form', async () => {
  const { url } = server();
  const page = await open({ width: 1024 });
  await page.goto(`${url}/`);
  const form = await page.locator('.playground-form').boundingBox();
  const results = await page.locator('.playground > section').boundingBox();
  expect(results?.x).toBeGreaterThanOrEqual((form?.x ?? 0) + (form?.width ?? Infinity));
});

test(
  'nothing on the playground moves when pictures come, whatever their ratio, on a phone and on a desktop',
  { timeout: 90_000 },
  async () => {
    await Promise.all([360, 1280].map(watchPicturesCome));
  },
);

async function watchPicturesCome(width: number): Promise<void> {
  const { url } = server();
  const say = await wordsIn('en');
  const page = await open({ width });
  await page.goto(`${url}/`);
  const form = playground({ page, say });
  // The first to be sent take longest: all are under way when the last is sent.
  const prompts = ['auto', '16:9', '8:1', '1:8', 'auto, as its input'].map((ratio, index) => ({
    ratio,
    prompt: `In ${ratio} [[delay ${12 - index}s]]`,
  }));
  for (const { ratio, prompt } of prompts) {
    const [asked, input] = ratio.split(', ');
    if (input !== undefined) {
      await page.getByLabel(say('playground', 'choose')).setInputFiles(photo);
      await seen(sentInput(page));
    }
    await form.prompt.fill(prompt);
    await page.locator(`input[type=radio][value="${asked}"]`).check({ force: true });
    await form.send.click();
  }
  const places = async () =>
    await Promise.all(
      prompts.map(async ({ prompt }) => {
        const box = (await page.evaluate(`(() => {
          const { top, height } = [...document.querySelectorAll('.run')]
            .find((card) => card.textContent.includes(${JSON.stringify(prompt)})).getBoundingClientRect();
          return { top: top + scrollY, height };
        })()`)) as { top: number; height: number };
        return box;
      }),
    );
  const cancels = prompts.map(({ prompt }) =>
    form.card(prompt).getByRole('button', { name: say('playground', 'cancelTask') }),
  );
  for (const cancel of cancels) await cancel.waitFor();
  const before = await places();
  for (const { prompt } of prompts) {
    await form.picture(prompt).scrollIntoViewIfNeeded();
    await seen(form.picture(prompt));
  }
  const after = await places();
  for (const [index, { ratio }] of prompts.entries()) {
    const at = `${ratio} at ${width}`;
    const moved = (edge: 'top' | 'height') =>
      Math.abs((after[index]?.[edge] ?? 0) - (before[index]?.[edge] ?? 0));
    expect(moved('height'), at).toBeLessThanOrEqual(slack);
    expect(moved('top'), at).toBeLessThanOrEqual(prompts.length * slack);
  }
}

test('on the page of a task nothing moves when its picture comes, on a phone and on a desktop', async () => {
  const { url } = server();
  const client = api(url, key);
  const pages = await Promise.all(
    ['auto', '16:9', '1:8'].map(async (ratio) => {
      const page = await open({});
      const id = await submitted(client, { prompt: 'wide [[delay 5s]]', aspect_ratio: ratio });
      await page.goto(`${url}/#/tasks/${id}`);
      await page.locator('.task-progress').waitFor();
      // The ratio is that of the request, which comes on its own.
      await page.locator('.task-prompt').waitFor();
      return { ratio, page, before: await below(page) };
    }),
  );
  for (const { ratio, page, before } of pages) {
    await seen(page.locator('.task-pictures'));
    for (const [index, top] of (await below(page)).entries())
      expect(Math.abs(top - (before[index] ?? 0)), ratio).toBeLessThanOrEqual(slack);
  }
});

/** Finds where that begins which stands below the picture, on a phone and on a desktop. */
async function below(page: Page): Promise<number[]> {
  const tops: number[] = [];
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    tops.push((await page.locator('.timeline').boundingBox())?.y ?? NaN);
  }
  return tops;
}

test('an input picture that the browser can’t show has a sign until the server shows it, whole', async () => {
  const { url } = server();
  const say = await wordsIn('en');
  const page = await open({});
  await page.goto(`${url}/`);
  const upload = Promise.withResolvers<void>();
  await page.route('**/api/files', async (route) => {
    await upload.promise;
    await route.continue();
  });
  const name = say('playground', 'inputNumber', { number: 1, name: photo.name });
  await page.getByLabel(say('playground', 'choose')).setInputFiles(photo);
  const sign = page.locator('.input-frame').getByRole('img', { name, exact: true });
  await sign.locator('svg').waitFor();
  expect(await page.locator('.input-frame img').count(), 'no sign of the browser’s own').toBe(0);
  upload.resolve();
  await seen(sentInput(page));

  const prompt = 'with a photo';
  await playground({ page, say }).prompt.fill(prompt);
  await playground({ page, say }).send.click();
  await seen(playground({ page, say }).picture(prompt));
  await page.getByRole('link', { name: say('playground', 'details') }).click();
  const input = page.getByAltText(say('tasks', 'inputNumber', { number: 1 }));
  await input.waitFor();
  expect(await page.evaluate(`getComputedStyle(document.querySelector('.task-inputs img')).objectFit`)).toBe(
    'contain',
  );
  await page.getByRole('button', { name: say('tasks', 'reuse') }).click();
  await seen(sentInput(page));
});

test('a page of long names is as wide as the narrowest phone', async () => {
  const { url } = server();
  const page = await open({ width: 320 });
  await page.goto(`${url}/#/overview`);
  await page.getByText('gpt-image-2.6-sunburst').last().waitFor();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
});
