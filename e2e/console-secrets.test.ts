// A secret that is shown once stays on the screen until its person says that it is saved, whatever else is pressed.

import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { createClient } from '@plantain/client';
import { runCommand } from './command-in-process.ts';
import { tabsOfOneBrowser } from './console-tabs.ts';
import { goTo } from './console-walk.ts';
import { wordsIn } from './console-words.ts';
import { serverForAll } from './server-process.ts';

const key = 'k'.repeat(40);
const server = serverForAll({ PLANTAIN_ADMIN_KEY: key });
const openTab = tabsOfOneBrowser();

/** In the page: goes back, and is done when the page has heard of it. */
const back = `new Promise((done) => {
  addEventListener('popstate', () => setTimeout(done), { once: true });
  history.back();
})`;
const drawn = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))';

/** Tries to be rid of the window in every way that a browser has, and gives each way after which the secret was not to be seen. */
async function waysThatLose(page: Page, secret: string): Promise<string[]> {
  const shown = page.getByRole('dialog').getByText(secret, { exact: true });
  const ways: Record<string, () => Promise<unknown>> = {
    'Escape, pressed three times': async () => {
      for (let times = 0; times < 3; times += 1) await page.keyboard.press('Escape');
    },
    'a press beside it': () => page.mouse.click(5, 5),
    Back: () => page.evaluate(back),
    'Back, for the second time': () => page.evaluate(back),
    'another address': () => page.evaluate(`location.hash = '#/gallery'`),
    // A reload that the browser asks about, and that the person thinks better of.
    'a reload': async () => {
      const asking = page.waitForEvent('dialog');
      await page.evaluate('setTimeout(() => location.reload())');
      const asked = await asking;
      expect(asked.type()).toBe('beforeunload');
      await asked.dismiss();
    },
  };
  const lost: string[] = [];
  for (const [way, tried] of Object.entries(ways)) {
    await tried();
    await page.evaluate(drawn);
    if (!(await shown.isVisible())) lost.push(way);
  }
  return lost;
}

test(
  'the secrets of a key, of an endpoint, new and rotated, and of callbacks are lost by nothing but the button that says they are saved',
  { timeout: 120_000 },
  async () => {
    const { url } = server();
    const say = await wordsIn('en');
    const page = await openTab({ key });
    await page.goto(`${url}/#/tasks`);
    const dialog = page.getByRole('dialog');
    const saved = dialog.getByRole('button', { name: say('secret', 'saved') });
    const secretOf = async () => (await dialog.locator('pre').textContent()) ?? '';
    const hold = async () => {
      await saved.waitFor();
      const secret = await secretOf();
      expect(secret).toMatch(/^(whsec|plantain)_/);
      expect(await waysThatLose(page, secret)).toEqual([]);
      await dialog.getByText(say('secret', 'notSaved')).waitFor();
      await saved.click();
      await dialog.waitFor({ state: 'detached' });
      expect(await page.content()).not.toContain(secret);
    };

    await goTo({ page, say }, 'keys');
    await page.getByRole('button', { name: say('keys', 'make') }).click();
    await dialog.getByLabel(say('keys', 'name')).fill('a shop');
    await dialog.getByRole('button', { name: say('keys', 'create') }).click();
    await hold();

    await goTo({ page, say }, 'webhooks');
    await page.getByRole('button', { name: say('webhooks', 'make') }).click();
    await dialog.getByLabel(say('webhooks', 'url')).fill('https://example.com/hook');
    await dialog.getByRole('button', { name: say('webhooks', 'create') }).click();
    await hold();

    await goTo({ page, say }, 'webhooks');
    await page.getByRole('button', { name: `${say('webhooks', 'rotate')} https://example.com/hook` }).click();
    await dialog.getByRole('button', { name: say('webhooks', 'rotate'), exact: true }).click();
    await hold();

    await goTo({ page, say }, 'webhooks');
    await page.getByRole('button', { name: say('webhooks', 'rotate'), exact: true }).click();
    await dialog.getByRole('button', { name: say('webhooks', 'rotate'), exact: true }).click();
    await hold();
    // Nobody is asked any more.
    await page.reload();
    await page.getByRole('heading', { level: 1 }).waitFor();
  },
);

test('a saved secret leaves the focus where it was; one that is not outlives the key that made it, and goes with its person alone', async () => {
  const { url } = server();
  const say = await wordsIn('en');
  const { admin } = createClient({ baseUrl: url, apiKey: key });
  const own = await admin.keys.create({ name: 'somebody', role: 'admin' });
  const page = await openTab({ key: own.secret });
  await page.goto(`${url}/#/keys`);
  const dialog = page.getByRole('dialog');
  const saved = dialog.getByRole('button', { name: say('secret', 'saved') });
  const make = async () => {
    await page.getByRole('button', { name: say('keys', 'make') }).click();
    await dialog.getByLabel(say('keys', 'name')).fill('another shop');
    // Pressed twice, it makes one key.
    await dialog.getByRole('button', { name: say('keys', 'create') }).dblclick();
    await saved.waitFor();
  };
  await make();
  await saved.click();
  const focused = () => page.evaluate('document.activeElement.textContent.trim()');
  await expect.poll(focused).toBe(say('keys', 'make'));
  await make();
  const beside = await page.context().newPage();
  await beside.goto(`${url}/#/tasks`);
  await beside.locator('summary', { hasText: 'somebody' }).click();
  await beside.getByRole('button', { name: say('shell', 'signOut') }).click();
  await saved.waitFor({ state: 'detached' });
  await page.getByLabel(say('signIn', 'label')).fill(own.secret);
  await page.getByRole('button', { name: say('signIn', 'submit') }).click();

  await make();
  await admin.keys.revoke(own.key_id);
  // A server believes what it knows of a key for a second.
  const asked = () => fetch(`${url}/api/me`, { headers: { authorization: own.secret } });
  await expect.poll(async () => (await asked()).status).toBe(401);
  await page.evaluate(`location.hash = '#/tasks'`);
  await page.getByText(say('signIn', 'ended')).waitFor({ state: 'attached' });
  expect(await dialog.locator('pre').textContent()).toMatch(/^plantain_/);
  await saved.click();
  await page.getByRole('alert').getByText(say('signIn', 'ended')).waitFor();
  const named = (await admin.keys.list()).filter(({ name }) => name === 'another shop');
  expect(named).toHaveLength(3);
});

async function linkFor(keyId: string): Promise<string> {
  const { url, directory } = server();
  const settings = { PLANTAIN_DATA_DIR: directory, PLANTAIN_PUBLIC_URL: url };
  const { stdout } = await runCommand(['keys', 'link', keyId], settings);
  return stdout.trim();
}

test('a link signs in once, in every tab and with nothing stored in any, until its person signs out everywhere', async () => {
  const { url } = server();
  const say = await wordsIn('en');
  const { admin } = createClient({ baseUrl: url, apiKey: key });
  const own = await admin.keys.create({ name: 'somebody' });
  const link = await linkFor(own.key_id);
  const page = await openTab();
  await page.goto(link);
  const person = page.locator('summary', { hasText: 'somebody' });
  await person.waitFor();
  expect(page.url()).not.toContain('sign-in');
  expect(await page.evaluate('JSON.stringify([sessionStorage, localStorage, document.cookie])')).not.toMatch(
    /plantain_|[\w-]{43}/,
  );
  await page.reload();
  await person.waitFor();
  const beside = await page.context().newPage();
  await beside.goto(`${url}/#/account`);
  const everywhere = beside.getByRole('button', { name: say('account', 'signOutEverywhere') });
  await everywhere.waitFor();

  const other = await openTab();
  await other.goto(link);
  await other.getByRole('alert').getByText(say('signIn', 'linkRefused')).waitFor();
  await other.getByLabel(say('signIn', 'label')).fill(own.secret);
  await other.getByLabel(say('signIn', 'keep')).check();
  await other.getByRole('button', { name: say('signIn', 'submit') }).click();
  await other.locator('summary', { hasText: 'somebody' }).waitFor();
  const [cookie] = await other.context().cookies();
  expect(cookie).toMatchObject({
    name: expect.stringMatching(/^plantain-[\da-f]{8}$/),
    httpOnly: true,
    sameSite: 'Lax',
  });
  expect((cookie?.expires ?? 0) * 1000 - Date.now()).toBeGreaterThan(6 * 24 * 3_600_000);

  await beside.reload();
  for (const [name, begun] of [
    ['thisSession', 'begun_link'],
    ['otherSession', 'begun_key'],
  ] as const) {
    const [way = ''] = say('account', begun).split('{');
    const value = beside.locator('dt', { hasText: say('account', name) }).locator('+ dd');
    await value.getByText(way).waitFor();
  }
  await everywhere.click();
  await page.getByLabel(say('signIn', 'label')).waitFor();
  await other.reload();
  await other.getByLabel(say('signIn', 'label')).waitFor();
});

test('a link that is put into an open page signs in at once where nobody is, and asks before it takes the place of somebody', async () => {
  const { url } = server();
  const say = await wordsIn('en');
  const { admin } = createClient({ baseUrl: url, apiKey: key });
  const [first, second] = [
    await admin.keys.create({ name: 'one' }),
    await admin.keys.create({ name: 'two' }),
  ];
  const page = await openTab();
  const put = (link: string) => page.evaluate(`location.hash = '${new URL(link).hash}'`);
  const person = (name: string) => page.locator('summary', { hasText: name });
  const field = page.getByLabel(say('signIn', 'label'));
  await page.goto(url);
  await field.waitFor();
  await put(await linkFor(first.key_id));
  await person('one').waitFor();
  await page.evaluate(`sessionStorage.setItem('draft', 'of one')`);

  const link = await linkFor(second.key_id);
  await put(link);
  await page.getByText(say('signIn', 'byLinkText', { name: 'one' })).waitFor();
  expect(page.url()).not.toContain('sign-in');
  await page.getByRole('button', { name: say('signIn', 'stay', { name: 'one' }) }).click();
  await person('one').waitFor();
  expect(await page.evaluate(`sessionStorage.getItem('draft')`)).toBe('of one');
  // It was not used, so it still works when it is meant.
  await page.goto('about:blank');
  await page.goto(link);
  await page.getByRole('button', { name: say('signIn', 'byLink') }).click();
  await person('two').waitFor();
  expect(await page.evaluate(`sessionStorage.getItem('draft')`)).toBe(null);

  // The browser shows again a page that it has kept since before its person left.
  await page.context().clearCookies();
  await page.evaluate(`dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`);
  await field.fill(first.secret);
  await page.route('**/api/session', (route) => route.fulfill({ json: {} }));
  await page.getByRole('button', { name: say('signIn', 'submit') }).click();
  await page.getByRole('alert').getByText(say('signIn', 'cookieLost')).waitFor();
});
