import { createClient } from '@plantain/client';
import type { Browser, Request } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { launchBrowser, openTab, type Visit, watchFaults } from './console-browser.ts';
import { startProxy } from './prefix-proxy.ts';
import { goTo, playground, seen, walkThePages } from './console-walk.ts';
import { wordsIn } from './console-words.ts';
import { endless, runToEnd, startServer, temporaryDirectory } from './server-process.ts';

const key = 'k'.repeat(40);
const settings = { PLANTAIN_ADMIN_KEY: key };
/** Words of Chromium when an answer was a 401, as everybody gets one who has no key yet. */
const refused = /status of 401/;
/** Words of Chromium when the server is away. */
const away = /net::ERR_(CONNECTION_|EMPTY_RESPONSE|INCOMPLETE_CHUNKED)|status of 502|PageNotLoadedError/;
/** Bytes as they travel. */
const largestFirstLoad = 131_500;
/** On a machine that is busy with other tests. */
const maxUntilReadyMs = 5_000;

const picture = {
  name: 'input.png',
  mimeType: 'image/png',
  buffer: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
};

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

async function visit(url: string, given: Visit, expected?: RegExp) {
  const page = await openTab(browser, given);
  onTestFinished(() => page.context().close());
  const faults = watchFaults(page, { origin: new URL(url).origin, secret: key, expected });
  await page.goto(`${url}/`);
  return { page, faults };
}

test.each([
  { language: 'en', colours: 'light' },
  { language: 'zh', colours: 'dark' },
] as const)(
  'every page works in $language and $colours: no error, nothing from elsewhere, clean for axe, and as narrow as a phone',
  { timeout: 180_000 },
  async (choices) => {
    const { url } = await startServer(temporaryDirectory(), settings);
    const say = await wordsIn(choices.language);
    const { page, faults } = await visit(url, choices, refused);
    const found: string[] = [];
    await walkThePages({
      page,
      say,
      url,
      key,
      found,
      signedIn: async (other) => (await visit(url, { ...choices, key: other })).page,
    });
    expect(found).toEqual([]);
    expect(faults).toEqual([]);
  },
);

test.each([{ way: 'directly' }, { way: 'through a proxy that answers for it' }])(
  'pages go on by themselves when the server, reached $way, was killed and started again, and nothing is lost',
  { timeout: 120_000 },
  async ({ way }) => {
    const directory = temporaryDirectory();
    let target = '';
    const proxy = way === 'directly' ? undefined : await startProxy('/pictures', () => target);
    const given = { ...settings, ...(proxy === undefined ? {} : { PLANTAIN_PUBLIC_URL: proxy }) };
    const first = await startServer(directory, { ...given, ...endless });
    target = first.url;
    const url = proxy ?? first.url;
    const say = await wordsIn('en');
    const { page, faults } = await visit(url, { key }, away);
    const form = playground({ page, say });
    const before = 'before the end';
    await form.prompt.fill(before);
    await form.send.click();
    await form.card(before).getByText(say('taskFacts', 'running')).first().waitFor();
    const list = await visit(url, { key }, away);
    await goTo({ page: list.page, say }, 'tasks');
    const rows = list.page.getByRole('row').filter({ has: list.page.getByRole('link') });
    await rows.getByText(say('taskFacts', 'running')).waitFor();
    const other = await visit(url, { key }, away);
    await goTo({ page: other.page, say }, 'webhooks');
    await other.page.getByText(say('webhooks', 'noneTitle')).waitFor();

    await first.end('SIGKILL');
    await page.getByRole('alert').getByText(say('refusal', 'reconnecting')).waitFor();
    await list.page.getByText(say('tasks', 'offline')).waitFor();
    await other.page
      .getByRole('navigation')
      .getByRole('link', { name: say('pageNames', 'keys') })
      .click();
    await other.page.getByRole('alert').getByText(say('refusal', 'reconnecting')).waitFor();
    const meanwhile = 'while it was away';
    await form.prompt.fill(meanwhile);
    await form.send.click();
    await page.getByLabel(say('playground', 'choose')).setInputFiles(picture);
    await form.prompt.fill('a draft');

    await startServer(directory, { ...given, PLANTAIN_PORT: new URL(first.url).port });
    const ended = rows.getByText(say('taskFacts', 'succeeded'));
    await Promise.all([seen(form.picture(before)), seen(form.picture(meanwhile)), ended.nth(1).waitFor()]);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await list.page.getByText(say('tasks', 'offline')).waitFor({ state: 'detached' });
    await other.page.getByRole('heading', { name: 'PLANTAIN_ADMIN_KEY' }).waitFor();
    const input = page.getByAltText(say('playground', 'inputNumber', { number: 1, name: picture.name }));
    await expect.poll(() => input.getAttribute('src')).toContain('/files/');
    await page.reload();
    await Promise.all([seen(form.picture(before)), seen(form.picture(meanwhile)), input.waitFor()]);
    expect(await form.prompt.inputValue()).toBe('a draft');
    expect([...faults, ...list.faults, ...other.faults]).toEqual([]);
  },
);

test(
  'everything works behind a path prefix, and the first load is small and soon ready',
  { timeout: 60_000 },
  async () => {
    let target = '';
    const url = await startProxy('/some/where', () => target);
    target = (await startServer(temporaryDirectory(), { ...settings, PLANTAIN_PUBLIC_URL: url })).url;
    const say = await wordsIn('en');
    const page = await openTab(browser, { key });
    onTestFinished(() => page.context().close());
    const faults = watchFaults(page, { origin: new URL(url).origin, secret: key });
    const requests: Request[] = [];
    page.on('request', (request) => requests.push(request));

    await page.goto(`${url}/`);
    const form = playground({ page, say });
    const prompt = 'A banana behind a prefix';
    await form.prompt.fill(prompt);
    const readyMs = Number(await page.evaluate('performance.now()'));
    const files = requests.filter((each) =>
      ['document', 'script', 'stylesheet'].includes(each.resourceType()),
    );
    const sizes = await Promise.all(files.map((file) => file.sizes()));
    const bytes = sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0);
    console.log(
      `First load: ${files.length} files, ${(bytes / 1000).toFixed(1)} kB packed; ready to type after ${readyMs.toFixed(0)} ms.`,
    );
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(largestFirstLoad);
    expect(readyMs).toBeLessThan(maxUntilReadyMs);

    await form.send.click();
    await seen(form.picture(prompt));
    for (const place of ['tasks', 'gallery', 'webhooks', 'overview', 'keys', 'settings'])
      await goTo({ page, say }, place);
    const asked = requests.map((request) => request.url()).filter((each) => !/^(data|blob):/.test(each));
    expect(asked.filter((each) => !each.startsWith(`${url}/`))).toEqual([]);
    expect(faults).toEqual([]);
  },
);

test(
  'a server that runs open asks for no key, and says why there are none to manage',
  { timeout: 60_000 },
  async () => {
    const { url } = await startServer(temporaryDirectory(), { PLANTAIN_AUTH: 'open' });
    const say = await wordsIn('en');
    const { page, faults } = await visit(url, {});
    const form = playground({ page, say });
    await form.prompt.fill('A banana in the open');
    await form.send.click();
    await seen(form.picture('A banana in the open'));
    await goTo({ page, say }, 'keys');
    await page.getByText(say('keys', 'noneText')).waitFor();
    expect(await page.getByRole('button', { name: say('keys', 'make') }).count()).toBe(0);
    expect(faults).toEqual([]);
  },
);

test(
  'files of a page that do not come are had by loading everything anew, and the menu stays',
  { timeout: 60_000 },
  async () => {
    const { url } = await startServer(temporaryDirectory(), settings);
    const say = await wordsIn('en');
    const { page } = await visit(url, { key }, /./);
    await page.route(/assets\/keys-/, (route) => route.abort());
    await playground({ page, say }).prompt.fill('a draft');
    const place = page.getByRole('navigation').getByRole('link', { name: say('pageNames', 'keys') });
    await place.click();
    // Loaded anew once, and in vain.
    const again = page.getByRole('button', { name: say('pageFault', 'reload') });
    await again.waitFor();
    await place.waitFor();
    await page.unroute(/assets\/keys-/);
    await again.click();
    await page.getByRole('heading', { level: 1, name: say('pageNames', 'keys') }).waitFor();
    await goTo({ page, say }, 'playground');
    expect(await playground({ page, say }).prompt.inputValue()).toBe('a draft');
  },
);

test(
  'a new tab is signed in, who signs out leaves nothing behind in any, and a session that ends leads back to where one signs in, and only the same key finds what it typed',
  { timeout: 120_000 },
  async () => {
    const directory = temporaryDirectory();
    const { url } = await startServer(directory, settings);
    const say = await wordsIn('en');
    const admin = createClient({ baseUrl: url, apiKey: key });
    const { secret, key_id: id } = await admin.admin.keys.create({ name: 'somebody' });
    const { page, faults } = await visit(url, { key: secret }, refused);
    const form = playground({ page, say });
    const field = page.getByLabel(say('signIn', 'label'));
    const signIn = async (given: string) => {
      await field.fill(given);
      await page.getByRole('button', { name: say('signIn', 'submit') }).click();
    };
    await form.prompt.fill('of somebody');
    const beside = await page.context().newPage();
    await beside.goto(`${url}/#/gallery`);
    await beside.getByRole('heading', { level: 1, name: say('pageNames', 'gallery') }).waitFor();
    await page.locator('summary', { hasText: 'somebody' }).click();
    await page.getByRole('button', { name: say('shell', 'signOut') }).click();
    await beside.getByLabel(say('signIn', 'label')).waitFor();
    await signIn(secret);
    expect(await form.prompt.inputValue()).toBe('');
    await form.prompt.fill('not sent yet');

    const headers = { authorization: secret };
    // A server believes what it knows of a key or a session for a second.
    const isRefused = async (ask: () => Promise<number>) => await expect.poll(ask).toBe(401);
    const leadsBack = async (tab = page) => {
      await tab
        .getByRole('navigation')
        .getByRole('link', { name: say('pageNames', 'tasks') })
        .click();
      await tab.getByRole('alert').getByText(say('signIn', 'ended')).waitFor();
    };
    await fetch(`${url}/api/sessions`, { method: 'DELETE', headers });
    await isRefused(async () => (await page.request.get(`${url}/api/session`)).status());
    await leadsBack();
    await leadsBack(beside);
    await signIn(secret);
    await beside.getByRole('heading', { level: 1, name: say('pageNames', 'tasks') }).waitFor();
    await beside.close();
    await goTo({ page, say }, 'playground');
    expect(await form.prompt.inputValue()).toBe('not sent yet');
    await admin.admin.keys.revoke(id);
    await isRefused(async () => (await fetch(`${url}/api/me`, { headers })).status);
    await leadsBack();
    await signIn(key);
    await goTo({ page, say }, 'playground');
    expect(await form.prompt.inputValue()).toBe('');
    expect(faults).toEqual([]);

    const [, command = ''] = say('signIn', 'where').split('`');
    const words = command.replace('npx plantain-server ', '').replace('NAME', 'another').split(' ');
    const { code, stdout } = await runToEnd(words, { PLANTAIN_DATA_DIR: directory });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('plantain_') });
  },
);
