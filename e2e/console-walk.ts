// A person's way through every page of the console, and what is wrong with each on the way.

import { AxeBuilder } from '@axe-core/playwright';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { api, submitted } from './calls.ts';
import type { Say } from './console-words.ts';

const narrowest = 360;

export interface Walk {
  page: Page;
  say: Say;
  /** Where the server is. */
  url: string;
  key: string;
  /** Shows the console to somebody with another key. */
  signedIn: (key: string) => Promise<Page>;
  /** Findings of axe, and pages that are wider than a phone. */
  found: string[];
}

/** From the page where one signs in to there again; fails where one can't go on. */
export async function walkThePages(walk: Walk): Promise<void> {
  await signIn(walk);
  await makeAPicture(walk);
  await followATask(walk);
  await lookAtTheGallery(walk);
  await addAnEndpoint(walk);
  await lookAtTheOverview(walk);
  await makeAKey(walk);
  await lookBesideTheKeys(walk);
  await findASetting(walk);
  await signOut(walk);
}

/** By the menu. */
export async function goTo({ page, say }: Pick<Walk, 'page' | 'say'>, place: string): Promise<void> {
  const name = say('pageNames', place);
  await page.getByRole('navigation').getByRole('link', { name }).click();
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
}

/** The form of the playground, and what came of a prompt. */
export function playground({ page, say }: Pick<Walk, 'page' | 'say'>) {
  const prompt = page.getByLabel(say('taskFacts', 'prompt'), { exact: true });
  return {
    prompt,
    send: page.getByRole('button', { name: say('playground', 'send'), exact: true }),
    card: (text: string) => page.getByRole('article', { name: text }),
    picture: (text: string) =>
      page.getByRole('button', { name: say('playground', 'open', { number: 1, prompt: text }) }),
  };
}

/** Until the browser has drawn the picture within. */
export async function seen(within: Locator): Promise<void> {
  const image = within.locator('img');
  await image.waitFor();
  // Rejects for a picture that did not come.
  await image.evaluate((element: { decode: () => Promise<void> }) => element.decode());
}

/** On a wide screen, and on a phone, where other things are shown. */
async function look({ page, found }: Walk, name: string): Promise<void> {
  const check = async (where: string) => {
    const builder = new AxeBuilder({ page }).setLegacyMode();
    // Only violations are written down, which takes a fifth of the time.
    const { violations } = await builder.options({ resultTypes: ['violations'] }).analyze();
    for (const { id, nodes } of violations)
      found.push(...nodes.map(({ html, failureSummary }) => `${where} ${id}: ${html} ${failureSummary}`));
  };
  await check(name);
  const size = page.viewportSize();
  await page.setViewportSize({ width: narrowest, height: 740 });
  const width = await page.evaluate('document.documentElement.scrollWidth');
  if (width !== narrowest) found.push(`${name} is ${String(width)} pixels wide on a phone of ${narrowest}`);
  await check(`${name}, on a phone`);
  if (size !== null) await page.setViewportSize(size);
}

async function signIn(walk: Walk): Promise<void> {
  const { page, say } = walk;
  const field = page.getByLabel(say('signIn', 'label'));
  const button = page.getByRole('button', { name: say('signIn', 'submit') });
  await field.fill('a wrong key');
  await button.click();
  await page.getByRole('alert').getByText(say('signIn', 'refused')).waitFor();
  await look(walk, 'sign-in');
  await field.fill(walk.key);
  await button.click();
}

async function makeAPicture(walk: Walk): Promise<void> {
  const { page, say } = walk;
  const form = playground(walk);
  await page.getByText(say('playground', 'emptyTitle')).waitFor();
  await look(walk, 'playground, empty');

  const from = performance.now();
  const prompt = 'A banana on a skateboard';
  await form.prompt.pressSequentially(prompt);
  await form.send.click();
  await seen(form.picture(prompt));
  const tookMs = performance.now() - from;
  console.log(`From the first letter of the prompt to the picture: ${tookMs.toFixed(0)} ms.`);
  expect(tookMs).toBeLessThan(10_000);
  await look(walk, 'playground, with a picture');
  await page.reload();
  await seen(form.picture(prompt));
  await page.getByRole('button', { name: say('code', 'open') }).click();
  await page.getByRole('dialog').getByText(walk.url).first().waitFor();
  await look(walk, 'playground, code');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

async function followATask(walk: Walk): Promise<void> {
  const { page, say } = walk;
  await goTo(walk, 'tasks');
  await page.getByRole('table', { name: say('tasks', 'title') }).waitFor();
  const prompt = 'refused [[delay 4s]] [[fail content_rejected]]';
  const id = await submitted(api(walk.url, walk.key), { prompt, metadata: { order: '7' } });
  const rows = page.getByRole('row').filter({ has: page.getByRole('link') });
  const row = rows.filter({ hasText: id });
  await row.getByText(say('taskFacts', 'running')).waitFor();
  await row.getByText(say('taskFacts', 'error')).waitFor();
  await look(walk, 'tasks');
  expect(await rows.count(), 'there was one before').toBe(2);
  await page.getByLabel(say('tasks', 'search')).fill('ORDER=7');
  await page.getByRole('button', { name: say('tasks', 'filters') }).click();
  await expect.poll(() => rows.count()).toBe(1);
  await look(walk, 'tasks, filters');
  await page.getByRole('link', { name: prompt }).click();
  await page.getByRole('heading', { name: say('tasks', 'timeline') }).waitFor();
  await page.getByText('sandbox directive: fail content_rejected').first().waitFor();
  await page.getByText(prompt).waitFor();
  await look(walk, 'task');
  await deleteTheTask(walk);
  await page.getByText(say('tasks', 'noMatchTitle')).waitFor();
  expect(new URL(page.url()).hash, 'the search is still there').toContain('search=ORDER');
  await page.getByRole('button', { name: say('tasks', 'clearAll') }).click();
  await expect.poll(() => rows.count()).toBe(1);
  await openWhatWasDeletedElsewhere(walk);
  await expect.poll(() => rows.count()).toBe(1);
  await rows.getByRole('link').first().click();
  await page.getByText(say('tasks', 'receipt')).click();
  await page.getByText(/^[0-9a-f]{64}$/).waitFor();
  await page.getByText('sandbox · ').waitFor();
  await look(walk, 'task, receipt');
}

async function openWhatWasDeletedElsewhere({ page, say, url, key }: Walk): Promise<void> {
  const client = api(url, key);
  // Without a picture, which the list might ask for when it is gone.
  const id = await submitted(client, { prompt: 'gone [[fail content_rejected]]' });
  const link = page.getByRole('link', { name: 'gone' });
  await link.waitFor();
  await client.final(id);
  const answer = await fetch(`${url}/api/gemini/nano-banana/${id}/delete`, {
    method: 'POST',
    headers: { Authorization: key },
  });
  expect(answer.status).toBe(200);
  await link.click();
  await page.getByText(say('tasks', 'unknownTitle')).waitFor();
  await page.getByRole('link', { name: say('tasks', 'back') }).click();
}

async function deleteTheTask(walk: Walk): Promise<void> {
  const { page, say } = walk;
  await page.getByRole('button', { name: say('tasks', 'deleteTask') }).click();
  await look(walk, 'task, deletion');
  await page.getByRole('button', { name: say('tasks', 'deleteNow') }).click();
}

async function lookAtTheGallery(walk: Walk): Promise<void> {
  const { page, say } = walk;
  await goTo(walk, 'gallery');
  const tiles = page.getByRole('list', { name: say('gallery', 'pictures') }).getByRole('button');
  await seen(tiles.first());
  expect(await tiles.count(), 'one task succeeded, one failed').toBe(1);
  await look(walk, 'gallery');
  await tiles.first().press('Enter');
  await seen(page.getByRole('dialog'));
  await look(walk, 'viewer');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

async function addAnEndpoint(walk: Walk): Promise<void> {
  const { page, say } = walk;
  await goTo(walk, 'webhooks');
  await page.getByText(say('webhooks', 'noneTitle')).waitFor();
  await page.getByRole('button', { name: say('webhooks', 'make') }).click();
  const dialog = page.getByRole('dialog');
  // Nobody is called: no task ends from here on.
  await dialog.getByLabel(say('webhooks', 'url')).fill('https://example.com/hook');
  await look(walk, 'webhooks, form');
  await dialog.getByRole('button', { name: say('webhooks', 'create') }).click();
  await dialog.getByText(/whsec_/).waitFor();
  await look(walk, 'webhooks, secret');
  await dialog.getByRole('button', { name: say('secret', 'saved') }).click();
  await page.getByRole('heading', { name: 'https://example.com/hook' }).waitFor();
  await look(walk, 'webhooks');
}

async function lookAtTheOverview(walk: Walk): Promise<void> {
  const { page, say } = walk;
  await goTo(walk, 'overview');
  const names = { models: say('overview', 'models'), plot: say('overview', 'throughput') };
  await page.getByRole('region', { name: names.models }).waitFor();
  const plot = page.getByRole('region', { name: names.plot, exact: true });
  await plot.getByText(say('overview', 'asTable')).click();
  await plot.getByRole('columnheader', { name: say('overview', 'succeeded') }).waitFor();
  await look(walk, 'overview');
}

async function makeAKey(walk: Walk): Promise<void> {
  const { page, say } = walk;
  await goTo(walk, 'keys');
  await page.getByRole('button', { name: say('keys', 'make') }).click();
  const dialog = page.getByRole('dialog');
  const name = '市场部 and a rather long name, as people give them who have many keys';
  await dialog.getByLabel(say('keys', 'name')).fill(name);
  await look(walk, 'keys, form');
  await dialog.getByRole('button', { name: say('keys', 'create') }).click();
  const secret = (await dialog.locator('pre').textContent()) ?? '';
  await dialog.getByRole('button', { name: say('secret', 'saved') }).click();
  await page.getByRole('heading', { name }).waitFor();
  await look(walk, 'keys');

  const other = await walk.signedIn(secret);
  await playground({ page: other, say }).prompt.waitFor();
  expect(await other.getByRole('navigation').getByRole('link').count(), 'a user sees four pages').toBe(4);

  await page.getByRole('button', { name: `${say('keys', 'revoke')} ${name}` }).click();
  await dialog.getByRole('button', { name: say('keys', 'revoke'), exact: true }).click();
  const entry = page.getByRole('listitem').filter({ hasText: name });
  await entry.getByText(say('keys', 'revoked'), { exact: true }).waitFor();
}

async function lookBesideTheKeys(walk: Walk): Promise<void> {
  const { page, say } = walk;
  const open = async (name: string) => {
    await page.getByRole('link', { name: say('pageNames', name), exact: true }).click();
    await page.getByRole('heading', { level: 1, name: say('pageNames', name) }).waitFor();
  };
  await open('owners');
  await page.getByText(say('owners', 'noneTitle')).waitFor();
  await page.getByRole('button', { name: say('owners', 'make') }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(say('owners', 'name')).fill('Acme');
  await look(walk, 'owners, form');
  await dialog.getByRole('button', { name: say('owners', 'create') }).click();
  await page.getByRole('heading', { name: 'Acme' }).waitFor();
  await look(walk, 'owners');
  await open('audit');
  await page.getByRole('heading', { name: say('act', 'key.revoke') }).waitFor();
  await look(walk, 'audit log');
  await page.locator('summary', { hasText: 'PLANTAIN_ADMIN_KEY' }).click();
  await open('account');
  await page.getByText(say('account', 'sees_nothing')).waitFor();
  await look(walk, 'account');
}

async function findASetting(walk: Walk): Promise<void> {
  const { page, say } = walk;
  await goTo(walk, 'settings');
  await page.getByRole('heading', { name: 'admin_key' }).waitFor();
  await look(walk, 'settings');
  await page.getByLabel(say('settings', 'search')).fill('admin');
  const setting = page.getByRole('listitem').filter({ hasText: 'PLANTAIN_ADMIN_KEY' });
  expect(await setting.textContent()).toContain(say('settings', 'hidden'));
  expect(await page.content()).not.toContain(walk.key);
}

async function signOut({ page, say }: Walk): Promise<void> {
  const field = page.getByLabel(say('signIn', 'label'));
  await page.locator('summary', { hasText: 'PLANTAIN_ADMIN_KEY' }).click();
  await page.getByRole('button', { name: say('shell', 'signOut') }).click();
  await field.waitFor();
  await page.reload();
  await field.waitFor();
}
