// The gestures that enlarge and move a picture, in a real browser: by the wheel, the mouse, two fingers and the keys.

import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { api, submitted } from './calls.ts';
import type { Visit } from './console-browser.ts';
import { tabsOfOneBrowser } from './console-tabs.ts';
import { playground, seen } from './console-walk.ts';
import { wordsIn } from './console-words.ts';
import { serverForAll } from './server-process.ts';

const key = 'k'.repeat(40);
const server = serverForAll({ PLANTAIN_ADMIN_KEY: key, PLANTAIN_SANDBOX_DURATION_MS: '0' });
const openTab = tabsOfOneBrowser();
/** In shares of a picture's size: browsers round positions to pixels. */
const nearly = 0.01;

interface Point {
  x: number;
  y: number;
}

/** The viewer with a picture of 1024 × 1024 pixels. */
async function openViewer(visit: Visit = {}) {
  const { url } = server();
  const client = api(url, key);
  await client.final(await submitted(client, { prompt: 'a harbour' }));
  const say = await wordsIn('en');
  const page = await openTab({ key, ...visit });
  await page.goto(`${url}/#/gallery`);
  const tile = page
    .getByRole('list', { name: say('gallery', 'pictures') })
    .getByRole('button')
    .first();
  await seen(tile);
  await tile.press('Enter');
  const dialog = page.getByRole('dialog');
  await seen(dialog);
  const frame = dialog.locator('.picture-frame');
  return { page, frame, percent: () => percentOf(dialog.locator('.viewer-scale')) };
}

async function percentOf(scale: Locator): Promise<number> {
  return Number.parseInt((await scale.textContent()) ?? '', 10);
}

async function boxOf(element: Locator): Promise<Point & { width: number; height: number }> {
  const box = await element.boundingBox();
  if (box === null) throw new Error('The element is not on the page.');
  return box;
}

/** Point of the picture that is seen at a point of the window: 0 is its left or upper edge, 1 the other one. */
async function seenAt(frame: Locator, { x, y }: Point): Promise<Point> {
  const picture = await boxOf(frame.locator('.picture-sheet'));
  return { x: (x - picture.x) / picture.width, y: (y - picture.y) / picture.height };
}

/** A point of the frame, in shares of its size. */
async function pointIn(frame: Locator, shareX: number, shareY: number): Promise<Point> {
  const { x, y, width, height } = await boxOf(frame);
  return { x: x + width * shareX, y: y + height * shareY };
}

async function turnWithControl(page: Page, deltaY: number): Promise<void> {
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, deltaY);
  await page.keyboard.up('Control');
}

test('the wheel with Control enlarges the picture about the pointer, down to the whole of it, and the page stays as it is', async () => {
  const { page, frame, percent } = await openViewer();
  const whole = await percent();
  const pointer = await pointIn(frame, 0.4, 0.6);
  await page.mouse.move(pointer.x, pointer.y);
  for (let enlarged = whole; enlarged < 250; enlarged = await percent()) {
    await turnWithControl(page, -120);
    await expect.poll(percent).toBeGreaterThan(enlarged);
  }
  const before = { percent: await percent(), point: await seenAt(frame, pointer) };
  await turnWithControl(page, -120);
  await expect.poll(percent).toBeGreaterThan(before.percent);
  const after = await seenAt(frame, pointer);
  expect(Math.abs(after.x - before.point.x)).toBeLessThan(nearly);
  expect(Math.abs(after.y - before.point.y)).toBeLessThan(nearly);
  while ((await percent()) > whole) {
    const { x } = await seenAt(frame, pointer);
    await turnWithControl(page, 120);
    await expect.poll(async () => (await seenAt(frame, pointer)).x).not.toBe(x);
  }
  expect(await page.evaluate('visualViewport.scale')).toBe(1);
});

test('a double click shows the picture in its own size, the mouse and the arrows move it, and another shows it whole', async () => {
  const { page, frame, percent } = await openViewer();
  const whole = await percent();
  const at = await pointIn(frame, 0.5, 0.5);
  await page.mouse.dblclick(at.x, at.y);
  await expect.poll(percent).toBe(100);
  const sheet = frame.locator('.picture-sheet');
  const before = await boxOf(sheet);
  await page.mouse.move(at.x, at.y);
  await page.mouse.down();
  await page.mouse.move(at.x + 10, at.y - 60);
  await page.mouse.up();
  const dragged = await boxOf(sheet);
  expect(dragged.y - before.y).toBeCloseTo(-60);
  await frame.focus();
  await page.keyboard.press('ArrowDown');
  await expect.poll(async () => (await boxOf(sheet)).y).toBeLessThan(dragged.y);
  await page.mouse.dblclick(at.x, at.y);
  await expect.poll(percent).toBe(whole);
});

test('two fingers enlarge the picture and not the page', async () => {
  const { page, frame, percent } = await openViewer({ width: 390, height: 844 });
  const whole = await percent();
  const { x, y } = await pointIn(frame, 0.5, 0.5);
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: true });
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', apart?: number) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints:
        apart === undefined
          ? []
          : [
              { x: x - apart / 2, y, id: 0 },
              { x: x + apart / 2, y, id: 1 },
            ],
    });
  await touch('touchStart', 40);
  for (const apart of [60, 90, 120]) await touch('touchMove', apart);
  await touch('touchEnd');
  await expect.poll(percent).toBeCloseTo(whole * 3, -1);
  expect(await page.evaluate('visualViewport.scale')).toBe(1);
});

test('pictures that are compared are enlarged and moved together', async () => {
  const say = await wordsIn('en');
  const page = await openTab({ key });
  await page.goto(`${server().url}/#/playground`);
  const form = playground({ page, say });
  for (const prompt of ['one harbour', 'another harbour']) {
    await form.prompt.fill(prompt);
    await form.send.click();
    await seen(form.picture(prompt));
    await form.card(prompt).getByRole('checkbox').check();
  }
  await page.getByRole('button', { name: say('playground', 'compareNow', { count: 2 }) }).click();
  const [one, other] = [page.locator('.picture-frame').nth(0), page.locator('.picture-frame').nth(1)];
  await seen(one);
  await seen(other);
  const middleOf = async (frame: Locator) => await seenAt(frame, await pointIn(frame, 0.5, 0.5));
  const apart = async () => {
    const [left, right] = [await middleOf(one), await middleOf(other)];
    return Math.hypot(left.x - right.x, left.y - right.y);
  };

  const pointer = await pointIn(one, 0.3, 0.4);
  await page.mouse.dblclick(pointer.x, pointer.y);
  const { width } = await boxOf(other);
  await expect
    .poll(async () => (await boxOf(other.locator('.picture-sheet'))).width)
    .toBeGreaterThan(width * 2);
  await expect.poll(apart).toBeLessThan(nearly);
  const { y } = await middleOf(other);
  await page.mouse.move(pointer.x, pointer.y);
  await page.mouse.wheel(0, 80);
  await expect.poll(async () => (await middleOf(other)).y).toBeGreaterThan(y);
  await expect.poll(apart).toBeLessThan(nearly);
});
