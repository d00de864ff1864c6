// The browser's Back closes a window in front of the page instead of leaving the page: on a phone that is how everything is closed. While
// one is open there is an entry of its own, with the same address, on top of the page's; what closes it otherwise goes back from there.
//
// An entry that has a window's on top of it is a stepping stone. Where a window was left by going to another page, nobody wants to come
// back to the stone: whoever gets there is taken a step further.

interface Mark {
  /** Over how many windows' entries this one is. */
  windows: number;
  /** Whether a window's entry was put on top of it. */
  isStone: boolean;
}

/** What is needed of the browser. */
export interface Browser {
  history: Pick<History, 'state' | 'pushState' | 'replaceState' | 'go'>;
  location: Pick<Location, 'href'>;
  /** Absent in older browsers, where a way forward over a stone leads back, and a link pressed within the same moment is lost. */
  navigation?: Pick<Navigation, 'addEventListener' | 'currentEntry'> | undefined;
  addEventListener: (type: 'popstate', listener: () => void, isCapturing: true) => void;
}

/** A function for who opens a window: it is given what closes it, and gives what is to be called when it was closed. */
export function createDialogHistory({
  history,
  location,
  navigation,
  addEventListener,
}: Browser): (close: () => void) => () => void {
  /** What closes each, the topmost last. */
  const open: (() => void)[] = [];
  /** On the way back by our own will; the browser gets there later. */
  let isGoing = false;
  let isDue = false;
  let cameFrom = Infinity;
  /** Where somebody went while the browser was on its way back: it takes them along. */
  let overtaken: string | null = null;

  navigation?.addEventListener('currententrychange', ({ from, navigationType }) => {
    cameFrom = from.index;
    if (isGoing && navigationType === 'push') overtaken = location.href;
  });

  // Not before everything has closed and opened that is about to: one window may follow another, and a link may lead away.
  function adjustSoon(): void {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      adjust();
    });
  }

  function adjust(): void {
    if (isGoing) return;
    const { windows } = read(history.state);
    if (windows > open.length) {
      isGoing = true;
      history.go(open.length - windows);
    }
    for (let over = windows; over < open.length; over += 1) {
      history.replaceState({ windows: over, isStone: true } satisfies Mark, '');
      history.pushState({ windows: over + 1, isStone: false } satisfies Mark, '');
    }
  }

  function arrive(): void {
    const { windows, isStone } = read(history.state);
    // Those that opened while the browser was on its way back stay.
    const left = isGoing ? [] : open.splice(windows);
    if (isStone && !isGoing && left.length === 0) {
      const isForward = (navigation?.currentEntry?.index ?? 0) > cameFrom;
      history.go(isForward ? 1 : -1);
      return;
    }
    if (isStone) history.replaceState({ windows, isStone: false } satisfies Mark, '');
    if (overtaken !== null) history.pushState(null, '', overtaken);
    overtaken = null;
    for (const close of left.toReversed()) close();
    // By now there may be more or fewer of them.
    if (isGoing) adjustSoon();
    isGoing = false;
  }

  // Before the router hears of it, for which nothing has changed then.
  addEventListener('popstate', arrive, true);
  return (close) => {
    open.push(close);
    adjustSoon();
    return () => {
      const at = open.indexOf(close);
      // Back has closed it.
      if (at === -1) return;
      open.splice(at, 1);
      adjustSoon();
    };
  };
}

function read(state: unknown): Mark {
  const known = (state ?? {}) as Partial<Mark>;
  return { windows: known.windows ?? 0, isStone: known.isStone ?? false };
}
