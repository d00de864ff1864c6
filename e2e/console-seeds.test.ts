// Pictures that are asked for at once, and again, are different pictures; the same one is made twice only where its person says so.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { createClient } from '@plantain/client';
import { tabsOfOneBrowser } from './console-tabs.ts';
import { playground } from './console-walk.ts';
import { wordsIn } from './console-words.ts';
import { serverForAll } from './server-process.ts';

const key = 'k'.repeat(40);
const server = serverForAll({ PLANTAIN_ADMIN_KEY: key, PLANTAIN_SANDBOX_DURATION_MS: '0' });
const openTab = tabsOfOneBrowser();

test(
  'four variations are four pictures, four more are other ones, and the same again is asked about',
  { timeout: 90_000 },
  async () => {
    const { url } = server();
    const say = await wordsIn('en');
    const client = createClient({ baseUrl: url, apiKey: key });
    const page = await openTab({ key });
    await page.goto(`${url}/`);
    const form = playground({ page, say });
    const prompt = 'a cat';
    const pictures = form.picture(prompt);
    const send = page.locator('form button[type=submit]');
    await form.prompt.fill(prompt);
    await page
      .getByRole('group', { name: say('playground', 'count') })
      .getByText('4', { exact: true })
      .click();
    await send.click();
    await expect.poll(() => pictures.count()).toBe(4);
    await send.click();
    await expect.poll(() => pictures.count()).toBe(8);

    const made = async () => {
      const hashes: string[] = [];
      for await (const { image_details: details = [] } of client.list())
        hashes.push(...details.map(({ sha256 }) => sha256));
      return hashes;
    };
    expect(new Set(await made()).size).toBe(8);
    const facts = await page.locator('.run-facts').allInnerTexts();
    const seeds = facts.map((text) => /Seed (\d+)/.exec(text)?.[1]);
    expect(new Set(seeds).size).toBe(8);

    await form
      .card(prompt)
      .first()
      .getByRole('button', { name: say('playground', 'change') })
      .click();
    const seed = page.getByLabel(say('playground', 'seed'), { exact: true });
    expect(await seed.inputValue()).toBe(seeds[0]);
    await send.click();
    await page.getByText(say('playground', 'repeat', { seed: seeds[0] ?? '' })).waitFor();
    await send.click();
    expect(await made(), 'nothing was sent').toHaveLength(8);
    await page.getByRole('button', { name: say('playground', 'repeatNewSeed') }).click();
    await expect.poll(() => pictures.count()).toBe(9);
    expect(await seed.inputValue()).toBe('');
    await form
      .card(prompt)
      .first()
      .getByRole('button', { name: say('playground', 'change') })
      .click();
    await send.click();
    await page.getByRole('button', { name: say('playground', 'repeatAgain') }).click();
    await expect.poll(() => pictures.count()).toBe(10);
    expect(new Set(await made()).size, 'the last is one that was there').toBe(9);
  },
);

test(
  'the same request is asked about when its card is gone, in another tab, and while a program’s is on its way',
  { timeout: 60_000 },
  async () => {
    const { url } = server();
    const say = await wordsIn('en');
    const page = await openTab({ key });
    await page.goto(`${url}/`);
    const form = playground({ page, say });
    const asks = async (tab: Page) => {
      await tab.locator('form button[type=submit]').click();
      await tab.getByText(say('playground', 'repeat', { seed: 5 })).waitFor();
    };
    const type = async (tab: Page, prompt: string) => {
      await playground({ page: tab, say }).prompt.fill(prompt);
      await tab.getByLabel(say('playground', 'seed'), { exact: true }).fill('5');
    };
    const prompt = 'typed twice';
    await type(page, prompt);
    await page.locator('form button[type=submit]').click();
    await form.picture(prompt).waitFor();
    await page.getByRole('button', { name: say('playground', 'clearEnded') }).click();
    await asks(page);

    const beside = await page.context().newPage();
    await beside.goto(`${url}/`);
    await type(beside, prompt);
    await asks(beside);
    await beside.close();

    const client = createClient({ baseUrl: url, apiKey: key });
    const { task_id: id } = await client.generate({
      prompt: 'of a program [[delay 10m]]',
      seed: 5,
    });
    await page.goto(`${url}/#/tasks/${id}`);
    await page.getByRole('button', { name: say('tasks', 'reuse') }).click();
    await asks(page);
    const sent: string[] = [];
    for await (const { state } of client.list({ search: prompt })) sent.push(state);
    expect(sent, 'nothing was sent a second time').toEqual(['succeeded']);
  },
);
