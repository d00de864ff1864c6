// A real Chromium for the console, and what must not happen in it while a person uses it.

import { setTimeout as delay } from 'node:timers/promises';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as browsers, type Page } from 'playwright-core';

export type Language = 'en' | 'zh';

export interface Visit {
  language?: Language;
  /** Key that the tab is signed in with; left out, nobody is. */
  key?: string;
  width?: number;
  height?: number;
  colours?: 'light' | 'dark';
}

const launchMs = 30_000;
const againMs = 500;
/** How long the page may take to show what is waited for. */
const actionMs = 20_000;

/**
 * The first use of the package unpacks the browser into the folder for temporary files. Another process may be at it at this moment,
 * and a file that is being written can't be run: hence the tries.
 */
export async function launchBrowser(): Promise<Browser> {
  const until = Date.now() + launchMs;
  for (;;) {
    const executablePath = await chromium.executablePath();
    try {
      // Not the package's arguments: they turn off what a browser forbids pages, which is looked at here.
      return await browsers.launch({ executablePath, args: ['--no-sandbox'], headless: true });
    } catch (error) {
      if (Date.now() > until) throw error;
      await delay(againMs);
    }
  }
}

/** A tab of its own, as a person has it who comes for the first time and, with a key, signed in before. */
export async function openTab(browser: Browser, visit: Visit = {}): Promise<Page> {
  const { language = 'en', key, width = 1280, height = 800, colours = 'light' } = visit;
  const context = await browser.newContext({
    viewport: { width, height },
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
    colorScheme: colours,
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(actionMs);
  const page = await context.newPage();
  if (key !== undefined) signInFirst(page, key);
  return page;
}

/** Signs in before the first address is opened, and once: who signs out stays signed out when the page is loaded again. */
function signInFirst(page: Page, key: string): void {
  const goTo = page.goto.bind(page);
  page.goto = async (address, options) => {
    page.goto = goTo;
    const { origin } = new URL(address);
    const answer = await page.request.post(new URL('api/session', address).href, {
      headers: { origin },
      data: { key },
    });
    if (!answer.ok()) throw new Error(`The sign-in was answered with ${answer.status()}.`);
    return await goTo(address, options);
  };
}

/**
 * Everything that goes wrong in the page from now on: errors and warnings of the console, which also tells of each breach of the
 * Content-Security-Policy, exceptions, requests to anywhere else, and requests with `secret` in their address. `expected` are errors
 * that the test itself brings about.
 */
export function watchFaults(
  page: Page,
  { origin, secret, expected }: { origin: string; secret: string; expected?: RegExp | undefined },
): string[] {
  const faults: string[] = [];
  const note = (fault: string) => {
    if (expected?.test(fault) !== true) faults.push(fault);
  };
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()))
      note(`${message.type()}: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => note(`exception: ${error.stack ?? error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== origin) note(`request to ${url.href}`);
    if (url.href.includes(secret)) note('a key in an address');
  });
  return faults;
}
