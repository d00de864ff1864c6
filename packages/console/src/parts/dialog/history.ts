// The browser's Back closes a window in front of the page instead of leaving the page, as everything is closed on a phone. While a window
// is open there is an entry of its own, with the page's address, on top of the page's entry; a window that is closed otherwise goes back
// from there. A window is no part of the address, as a reload could not open it again; CloseWatcher hears Back on Android only.
//
// The entry below a window's is marked to be skipped. Where somebody left the window by a link, Back leads to the window's entry, which
// shows the page; the entry below shows the same, so whoever gets there is taken a step further.

interface Mark {
  /** Number of windows' entries up to this one. */
  windows: number;
  /** Whether a window's entry was put on top of this one. */
  isSkipped: boolean;
}

/** The members of `window` that are used. */
export interface Browser {
  history: Pick<History, 'state' | 'pushState' | 'replaceState' | 'go'>;
  location: Pick<Location, 'href'>;
  /** Absent in older browsers, where Forward over a skipped entry leads back, and a link pressed within the same moment is lost. */
  navigation?: Pick<Navigation, 'addEventListener' | 'currentEntry'> | undefined;
  addEventListener: (type: 'popstate', listener: () => void, isCapturing: true) => void;
}

/** Function to be called when a window opens, with what closes it. It returns a function to be called when the window has closed. */
export type CloseOnBack = (close: () => void) => () => void;

export function createDialogHistory(browser: Browser): CloseOnBack {
  const { history, location, navigation } = browser;
  /** Closes each open window, the topmost last. */
  const open: (() => void)[] = [];
  /** Whether this code called `go`; the browser arrives later. */
  let isGoing = false;
  /** Address of a link that was followed meanwhile: the browser takes its person along, away from there. */
  let followed: string | null = null;
  let lastIndex = Infinity;
  const adjustSoon = soonOnce(adjust);

  navigation?.addEventListener('currententrychange', ({ from, navigationType }) => {
    lastIndex = from.index;
    if (isGoing && navigationType === 'push') followed = location.href;
  });

  function adjust(): void {
    if (isGoing) return;
    const { windows } = read(history.state);
    if (windows > open.length) {
      isGoing = true;
      history.go(open.length - windows);
    }
    pushWindows(history, windows, open.length);
  }

  function arrive(): void {
    const { windows, isSkipped } = read(history.state);
    // Windows that opened while the browser was on its way back stay.
    const left = isGoing ? [] : open.splice(windows);
    if (isSkipped && !isGoing && left.length === 0) {
      history.go((navigation?.currentEntry?.index ?? 0) > lastIndex ? 1 : -1);
      return;
    }
    if (isSkipped) history.replaceState({ windows, isSkipped: false } satisfies Mark, '');
    if (followed !== null) history.pushState(null, '', followed);
    followed = null;
    for (const close of left.toReversed()) close();
    // By now there may be more or fewer of them.
    if (isGoing) adjustSoon();
    isGoing = false;
  }

  // Before the router, for which nothing has changed then.
  browser.addEventListener('popstate', arrive, true);
  return (close) => {
    open.push(close);
    adjustSoon();
    return () => {
      const index = open.indexOf(close);
      // Back has closed it.
      if (index === -1) return;
      open.splice(index, 1);
      adjustSoon();
    };
  };
}

function read(state: unknown): Mark {
  const known = (state ?? {}) as Partial<Mark>;
  return { windows: known.windows ?? 0, isSkipped: known.isSkipped ?? false };
}

/** Puts entries of windows on top of the present one, which has `from` of them, up to `to`. */
function pushWindows(history: Browser['history'], from: number, to: number): void {
  for (let windows = from; windows < to; windows += 1) {
    history.replaceState({ windows, isSkipped: true } satisfies Mark, '');
    history.pushState({ windows: windows + 1, isSkipped: false } satisfies Mark, '');
  }
}

/** Does the work once everything has opened and closed that is about to: one window may follow another, and a link may lead away. */
function soonOnce(work: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      work();
    });
  };
}
