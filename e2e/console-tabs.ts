// A browser for the tests of a file.

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { launchBrowser, openTab, type Visit } from './console-browser.ts';

/** One browser for all tests of a file; gives a function that opens a tab in it, closed when the test ends. */
export function tabsOfOneBrowser(): (visit?: Visit) => Promise<Page> {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  return async (visit) => {
    if (browser === undefined) throw new Error('The browser is there once the tests begin.');
    const page = await openTab(browser, visit);
    onTestFinished(() => page.context().close());
    return page;
  };
}
