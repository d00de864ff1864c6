import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createDialogHistory } from './history.ts';

/** A tab that has come from one page to the next, as a browser keeps it: going takes a while, and a new entry ends what was ahead. */
function createTab() {
  const entries: { page: string; state: unknown }[] = [
    { page: 'before', state: null },
    { page: 'page', state: null },
  ];
  let at = 1;
  let arrive = () => {};
  let change: (event: { from: { index: number }; navigationType: NavigationType }) => void = () => {};
  const here = () => entries[at] ?? { page: '', state: null };
  const push = (page: string, state: unknown) => {
    const from = { index: at };
    at += 1;
    entries.splice(at, Infinity, { page, state });
    change({ from, navigationType: 'push' });
  };
  const go = (by: number) => {
    const to = at + by;
    setImmediate(() => {
      const from = { index: at };
      if (entries[to] === undefined) return;
      at = to;
      change({ from, navigationType: 'traverse' });
      arrive();
    });
  };
  const settled = async () => {
    for (let turns = 0; turns < 8; turns += 1) await turn();
  };

  const closeOnBack = createDialogHistory({
    history: {
      get state() {
        return here().state;
      },
      pushState: (state: unknown, _: string, url: unknown) =>
        push(typeof url === 'string' ? url : here().page, state),
      replaceState: (state: unknown) => void (here().state = state),
      go,
    },
    location: {
      get href() {
        return here().page;
      },
    },
    navigation: {
      get currentEntry() {
        return { index: at } as NavigationHistoryEntry;
      },
      addEventListener: (_: string, listener: unknown) => void (change = listener as typeof change),
    },
    addEventListener: (_, listener) => void (arrive = listener),
  });
  const closed: string[] = [];
  return {
    settled,
    closed,
    /** Opens a window that is gone a little after it was closed; returns a function that closes it from inside. */
    open(name: string): () => void {
      const gone = closeOnBack(() => {
        closed.push(name);
        setImmediate(gone);
      });
      return gone;
    },
    visit: (page: string) => push(page, null),
    replaceBy: (page: string) => void (entries[at] = { page, state: null }),
    async press(by: -1 | 1) {
      go(by);
      await settled();
    },
    page: () => here().page,
    /** How often Back can be pressed. */
    depth: () => at,
  };
}

test('Back closes the window and stays on the page', async () => {
  const tab = createTab();
  tab.open('viewer');
  await tab.settled();
  await tab.press(-1);
  expect([tab.page(), tab.closed]).toEqual(['page', ['viewer']]);
  await tab.press(-1);
  expect(tab.page()).toBe('before');
});

test('a window that was closed otherwise leaves nothing to go back over', async () => {
  const tab = createTab();
  for (let times = 0; times < 3; times += 1) {
    const gone = tab.open('viewer');
    await tab.settled();
    gone();
    await tab.settled();
  }
  expect([tab.page(), tab.depth(), tab.closed]).toEqual(['page', 1, []]);
  await tab.press(-1);
  expect(tab.page()).toBe('before');
});

test('windows on top of one another close one by one', async () => {
  const tab = createTab();
  tab.open('lower');
  await tab.settled();
  tab.open('upper');
  await tab.settled();
  await tab.press(-1);
  expect(tab.closed).toEqual(['upper']);
  await tab.press(-1);
  expect([tab.page(), tab.closed]).toEqual(['page', ['upper', 'lower']]);
});

test('a window that follows another is closed by Back, and not by the end of the first', async () => {
  const tab = createTab();
  const gone = tab.open('question');
  await tab.settled();
  gone();
  tab.open('answer at once');
  await tab.settled();
  expect(tab.closed).toEqual([]);
  await tab.press(-1);
  const second = tab.open('question');
  await tab.settled();
  second();
  // While the browser is still on its way back.
  await Promise.resolve();
  tab.open('answer soon after');
  await tab.settled();
  await tab.press(-1);
  expect([tab.page(), tab.closed]).toEqual(['page', ['answer at once', 'answer soon after']]);
});

test('a link out of a window is not undone by its end, and the way back has no empty step', async () => {
  const tab = createTab();
  const gone = tab.open('viewer');
  await tab.settled();
  tab.visit('task');
  gone();
  await tab.settled();
  expect([tab.page(), tab.closed]).toEqual(['task', []]);
  await tab.press(-1);
  expect(tab.page()).toBe('page');
  await tab.press(-1);
  expect(tab.page()).toBe('before');
  await tab.press(1);
  expect(tab.page()).toBe('page');
  await tab.press(1);
  expect(tab.page()).toBe('task');
});

test('a link that is pressed while the browser is on its way back is followed all the same', async () => {
  const tab = createTab();
  const gone = tab.open('viewer');
  await tab.settled();
  gone();
  await Promise.resolve();
  tab.visit('task');
  await tab.settled();
  expect(tab.page()).toBe('task');
  await tab.press(-1);
  expect(tab.page()).toBe('page');
  await tab.press(-1);
  expect(tab.page()).toBe('before');
});

test('a page that was replaced from a window is not come back to', async () => {
  const tab = createTab();
  const gone = tab.open('deletion');
  await tab.settled();
  tab.replaceBy('list');
  gone();
  await tab.settled();
  await tab.press(-1);
  expect(tab.page()).toBe('before');
});

test('a window is closed by Back on a page that was come back to', async () => {
  const tab = createTab();
  const gone = tab.open('viewer');
  await tab.settled();
  tab.visit('task');
  gone();
  await tab.press(-1);
  tab.open('viewer again');
  await tab.settled();
  await tab.press(-1);
  expect([tab.page(), tab.closed]).toEqual(['page', ['viewer again']]);
  await tab.press(-1);
  expect(tab.page()).toBe('before');
});
