// `node bench/long-list.ts [tasks]`: the console's list of tasks with 100,000 rows, scrolled in a real browser while tasks change,
// beside an empty page of the same height: what the browser itself takes for a frame.

import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { launchBrowser, openTab } from '../e2e/console-browser.ts';
import { startPlantain } from './processes.ts';
import { key, publicUrl, seed } from './seed.ts';

const count = Number(process.argv[2] ?? 100_000);
const frames = 240;
/** A notch of a wheel, with each frame: two rows are new each time. */
const stepPx = 120;
const jumps = 20;
const changesPerSecond = 20;
const rounds = 3;
const rowPx = 68;
/** A frame that takes longer is seen as a stutter. */
const stutterMs = 50;

interface Scrolled {
  p50: number;
  p95: number;
  worst: number;
  stutters: number;
  /** From a jump to somewhere else until the rows there are drawn. */
  jumpP95: number;
}

const directory = mkdtempSync(join(tmpdir(), 'plantain-bench-'));
seed(directory, count);
const server = await startPlantain({
  PLANTAIN_DATA_DIR: directory,
  PLANTAIN_ADMIN_KEY: key,
  PLANTAIN_PUBLIC_URL: publicUrl,
  PLANTAIN_SANDBOX_DURATION_MS: '0',
});
const browser = await launchBrowser();
try {
  const [long, empty] = [await openTab(browser, { key }), await openTab(browser)];
  await long.goto(`${server.url}/#/tasks`);
  await long.locator('.task-row').first().waitFor();
  await empty.setContent(`<div style="height: ${count * rowPx}px"></div>`);
  await loadAll(long);
  console.log(
    `${availableParallelism()} cores; ${count} tasks are loaded; ${await memory(long)} MB of JavaScript.`,
  );

  const stop = new AbortController();
  const changing = change(stop.signal);
  const results = new Map<string, Scrolled[]>();
  for (let round = 0; round < rounds; round += 1)
    for (const [name, page] of [
      [`${count.toLocaleString('en')} rows`, long],
      ['an empty page', empty],
    ] as const) {
      await page.bringToFront();
      results.set(name, [...(results.get(name) ?? []), await scroll(page)]);
    }
  stop.abort();
  await changing;
  for (const [name, rows] of results) {
    const median = (of: (row: Scrolled) => number) =>
      rows.map(of).toSorted((a, b) => a - b)[Math.floor(rows.length / 2)] ?? 0;
    const ms = (of: (row: Scrolled) => number) => median(of).toFixed(1);
    console.log(
      `${name}: a frame p50 ${ms(({ p50 }) => p50)} ms, p95 ${ms(({ p95 }) => p95)} ms, worst ${ms(({ worst }) => worst)} ms, ` +
        `${median(({ stutters }) => stutters)} of ${frames} over ${stutterMs} ms; after a jump p95 ${ms(({ jumpP95 }) => jumpP95)} ms`,
    );
  }
} finally {
  await browser.close();
  await server.end();
  rmSync(directory, { recursive: true });
}

/** To the end, page after page, as somebody does who wants to see the oldest. */
async function loadAll(page: Page): Promise<void> {
  const from = performance.now();
  for (;;) {
    await page.evaluate('scrollTo(0, document.documentElement.scrollHeight)');
    const rows = Number(await page.locator('.task-table').getAttribute('aria-rowcount'));
    if (rows === count + 1) break;
    await delay(20);
  }
  console.log(`To load them to the end took ${((performance.now() - from) / 1000).toFixed(1)} s.`);
}

async function memory(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const { metrics } = await session.send('Performance.getMetrics');
  return Math.round((metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0) / 1e6);
}

/** Each submit is a new row, and two changes of it. */
async function change(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await fetch(`${server.url}/api/gemini/nano-banana`, {
      method: 'POST',
      headers: { authorization: key },
      // Not one that is drawn: that would be the work of the server's core and of the browser's.
      body: JSON.stringify({ prompt: 'a banana [[fail content_rejected]]' }),
    });
    await delay(1000 / changesPerSecond);
  }
}

/** By the page itself, frame by frame: down from a third of the way, then to places all over it. */
async function scroll(page: Page): Promise<Scrolled> {
  // As text, because this file is checked with the types of a server.
  const { deltas, waits } = (await page.evaluate(`(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const height = document.documentElement.scrollHeight - innerHeight;
    scrollTo(0, height / 3);
    for (let index = 0; index < 30; index += 1) await frame();
    const deltas = [];
    for (let index = 0, last = await frame(); index < ${frames}; index += 1) {
      scrollBy(0, ${stepPx});
      const now = await frame();
      deltas.push(now - last);
      last = now;
    }
    const waits = [];
    for (let index = 0; index < ${jumps}; index += 1) {
      const from = performance.now();
      scrollTo(0, ((index * 7) % ${jumps}) * (height / ${jumps}));
      // The first frame scrolls, the second has the rows, at the third they are drawn.
      for (let drawn = 0; drawn < 3; drawn += 1) await frame();
      waits.push(performance.now() - from);
    }
    return { deltas, waits };
  })()`)) as { deltas: number[]; waits: number[] };
  const at = (all: number[], share: number) =>
    all.toSorted((a, b) => a - b)[Math.min(all.length - 1, Math.floor(share * all.length))] ?? 0;
  return {
    p50: at(deltas, 0.5),
    p95: at(deltas, 0.95),
    worst: at(deltas, 1),
    stutters: deltas.filter((delta) => delta > stutterMs).length,
    jumpP95: at(waits, 0.95),
  };
}
