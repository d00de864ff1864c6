import type { Browser, Request } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { launchBrowser, openTab, type Visit, watchFaults } from './console-browser.ts';
import { startProxy } from './prefix-proxy.ts';
import { goTo, playground, seen, walkThePages } from './console-walk.ts';
import { wordsIn } from './console-words.ts';
import { startServer, temporaryDirectory } from './server-process.ts';

const key = 'k'.repeat(40);
const settings = { PLANTAIN_ADMIN_KEY: key };
/** What Chromium writes when an answer was a 401, as to whoever has no key yet. */
const refused = /status of 401/;
/** And when the server is away. */
const away = /net::ERR_(CONNECTION_|EMPTY_RESPONSE|INCOMPLETE_CHUNKED)/;
/** Bytes as they travel. */
const largestFirstLoad = 250_000;
/** On a machine that is busy with other tests. */
const longestUntilReadyMs = 5_000;

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
  { timeout: 90_000 },
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

test(
  'pages go on by themselves when the server was killed and started again, and nothing is lost',
  { timeout: 60_000 },
  async () => {
    const directory = temporaryDirectory();
    const first = await startServer(directory, settings);
    const say = await wordsIn('en');
    const { page, faults } = await visit(first.url, { key }, away);
    const form = playground({ page, say });
    const before = 'before the end [[delay 2s]]';
    await form.prompt.fill(before);
    await form.send.click();
    await form.card(before).getByText(say('common', 'running')).first().waitFor();
    const list = await visit(first.url, { key }, away);
    await goTo({ page: list.page, say }, 'tasks');
    const rows = list.page.getByRole('row').filter({ has: list.page.getByRole('link') });
    await rows.getByText(say('common', 'running')).waitFor();

    await first.end('SIGKILL');
    await page.getByRole('alert').getByText(say('common', 'reconnecting')).waitFor();
    await list.page.getByText(say('tasks', 'offline')).waitFor();
    const meanwhile = 'while it was away';
    await form.prompt.fill(meanwhile);
    await form.send.click();
    await form.prompt.fill('a draft');

    await startServer(directory, { ...settings, PLANTAIN_PORT: new URL(first.url).port });
    const ended = rows.getByText(say('common', 'succeeded'));
    await Promise.all([seen(form.picture(before)), seen(form.picture(meanwhile)), ended.nth(1).waitFor()]);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await list.page.getByText(say('tasks', 'offline')).waitFor({ state: 'detached' });
    await page.reload();
    await Promise.all([seen(form.picture(before)), seen(form.picture(meanwhile))]);
    expect(await form.prompt.inputValue()).toBe('a draft');
    expect([...faults, ...list.faults]).toEqual([]);
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
    expect(readyMs).toBeLessThan(longestUntilReadyMs);

    await form.send.click();
    await seen(form.picture(prompt));
    for (const place of ['tasks', 'gallery', 'webhooks', 'overview', 'keys', 'settings'])
      await goTo({ page, say }, place);
    const asked = requests.map((request) => request.url()).filter((each) => !/^(data|blob):/.test(each));
    expect(asked.filter((each) => !each.startsWith(`${url}/`))).toEqual([]);
    expect(faults).toEqual([]);
  },
);
