// Administrators give an owner a budget and keys, change these, and find in the audit log what they did.

import { createClient } from '@plantain/client';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { tabsOfOneBrowser } from './console-tabs.ts';
import { goTo, playground } from './console-walk.ts';
import { type Say, wordsIn } from './console-words.ts';
import { serverForAll } from './server-process.ts';

const key = 'k'.repeat(40);
const server = serverForAll({ PLANTAIN_ADMIN_KEY: key });
const openTab = tabsOfOneBrowser();

interface Person {
  page: Page;
  say: Say;
}

const tab = ({ page, say }: Person, name: string) =>
  page
    .getByRole('main')
    .getByRole('link', { name: say('pageNames', name), exact: true })
    .click();

async function makeAnOwner(person: Person): Promise<void> {
  const { page, say } = person;
  await goTo(person, 'keys');
  await tab(person, 'owners');
  await page.getByText(say('owners', 'noneTitle')).waitFor();
  await page.getByRole('button', { name: say('owners', 'make') }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(say('owners', 'name')).fill('Acme');
  await dialog.getByLabel(say('limited', 'amount'), { exact: true }).fill('12.345');
  const zone = dialog.getByLabel(say('limited', 'zone'));
  await zone.fill('Mars/Olympus');
  await dialog.getByLabel(say('limited', 'limit_running')).fill('2');
  await dialog.getByRole('button', { name: say('owners', 'create') }).click();
  await dialog.getByText('must be a time zone').first().waitFor();
  expect(await zone.getAttribute('aria-invalid'), 'the fault stands at its field').toBe('true');
  await zone.fill('Asia/Shanghai');
  await dialog.getByRole('button', { name: say('owners', 'create') }).click();
  await page.getByRole('listitem').filter({ hasText: 'Acme' }).getByText('$12.345').waitFor();
}

/** Gives the new secret. */
async function makeAndRollAKey(person: Person): Promise<string> {
  const { page, say } = person;
  await tab(person, 'keys');
  await page.getByRole('button', { name: say('keys', 'make') }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(say('keys', 'name')).fill('shop');
  await dialog.getByLabel(say('keys', 'owner')).selectOption({ label: 'Acme' });
  await dialog.getByLabel(say('keys', 'networks')).fill('127.0.0.0/8, ::1');
  await dialog.getByRole('button', { name: say('keys', 'create') }).click();
  const secret = await dialog.locator('pre').textContent();
  await dialog.getByRole('button', { name: say('secret', 'saved') }).click();
  const entry = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'shop' }) });
  await entry.getByText('Acme').waitFor();
  await entry.getByText('127.0.0.0/8, ::1').waitFor();
  await entry.getByRole('button', { name: say('keys', 'roll') }).click();
  await dialog.getByRole('button', { name: say('keys', 'rollNow') }).click();
  await dialog.locator('pre').waitFor();
  const rolled = (await dialog.locator('pre').textContent()) ?? '';
  expect(rolled).not.toBe(secret);
  await dialog.getByRole('button', { name: say('secret', 'saved') }).click();
  return rolled;
}

/** Looks as the key's own person: at the limit that refuses a picture, at what is left, and at what the operator sees. */
async function lookAsTheKey(person: Person): Promise<void> {
  const { page, say } = person;
  const form = playground(person);
  await form.prompt.fill('too many');
  await form.send.click();
  const refused = form.card('too many').getByRole('alert');
  await refused.getByText(`${say('limited', 'limit_pictures_per_day')}: 0 of 0`).waitFor();
  await page.locator('summary', { hasText: 'shop' }).click();
  await page.getByRole('link', { name: say('pageNames', 'account') }).click();
  await page.getByText(say('account', 'sees_nothing')).waitFor();
  await page.getByText('$12.345 left').waitFor();
}

async function deleteTheOwner(person: Person): Promise<void> {
  const { page, say } = person;
  await tab(person, 'owners');
  await page.getByRole('button', { name: `${say('owners', 'delete')} Acme` }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(say('owners', 'deleteKeys', { count: 1 })).waitFor();
  await dialog.getByRole('button', { name: say('owners', 'delete'), exact: true }).click();
  await page.getByText(say('owners', 'noneTitle')).waitFor();
}

test(
  'an owner gets a budget and a key, the key another secret and a limit, its person sees what is left, and the log says what was done',
  { timeout: 60_000 },
  async () => {
    const { url } = server();
    const person = { page: await openTab({ key }), say: await wordsIn('en') };
    const { page, say } = person;
    await page.goto(`${url}/`);
    await makeAnOwner(person);
    const secret = await makeAndRollAKey(person);
    const { admin } = createClient({ baseUrl: url, apiKey: key });
    const shop = (await admin.keys.list()).find(({ name, revoked_at: at }) => name === 'shop' && at === null);
    expect(shop).toMatchObject({ networks: ['127.0.0.0/8', '::1/128'], budget: null });
    expect(Number(shop?.previous_secret_expires_at)).toBeGreaterThan(Date.now() / 1000);
    await admin.keys.update(shop?.key_id ?? '', { limits: { pictures_per_day: 0 } });
    const other = await openTab({ key: secret });
    await other.goto(`${url}/`);
    await lookAsTheKey({ page: other, say });
    await deleteTheOwner(person);
    await tab(person, 'audit');
    await page.getByLabel(say('audit', 'act'), { exact: true }).selectOption('owner.create');
    await page.getByRole('heading', { name: say('act', 'key.roll') }).waitFor({ state: 'detached' });
    const made = page.getByRole('listitem').filter({ hasText: 'Asia/Shanghai' }).first();
    await made.getByText('$12.345').waitFor();
  },
);
