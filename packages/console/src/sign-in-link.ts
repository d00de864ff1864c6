// The secret of a sign-in link. It stands behind the `#`, which no browser sends anywhere, and is taken out of the address and of the history before
// anything else looks at them: when the page is loaded, and when a link is put into the address of a page that is open.

const shape = /^#sign-in=([\w-]{1,1000})$/;

/** Takes the secret out of the address; `''` where there is none. */
export function takeSignInLink(
  { hash, pathname, search }: Pick<Location, 'hash' | 'pathname' | 'search'>,
  replaceAddress: (address: string) => void,
): string {
  const secret = shape.exec(hash)?.[1];
  if (secret === undefined) return '';
  replaceAddress(pathname + search);
  return secret;
}

/** The members of `window` that are used. */
export interface Browser {
  location: Pick<Location, 'hash' | 'pathname' | 'search'>;
  history: Pick<History, 'replaceState'>;
  addEventListener: (type: 'popstate', listener: () => void, isCapturing: true) => void;
}

export interface SignInLinks {
  /** Secret of the latest link that was not used; `''` where there is none. */
  get: () => string;
  set: (secret: string) => void;
  /** Sets the callback for a link that comes while the page is open. */
  onNew: (callback: () => void) => void;
}

/** Watches the address for links from now on. */
export function watchSignInLinks(browser: Browser): SignInLinks {
  const { location, history } = browser;
  const take = () => takeSignInLink(location, (address) => history.replaceState(null, '', address));
  let secret = take();
  let notifyNew = () => {};
  // A browser tells of an address that was typed by `popstate`; caught before the router sees it.
  browser.addEventListener(
    'popstate',
    () => {
      const taken = take();
      if (taken === '') return;
      secret = taken;
      notifyNew();
    },
    true,
  );
  return {
    get: () => secret,
    set(next) {
      secret = next;
    },
    onNew(callback) {
      notifyNew = callback;
    },
  };
}
