// The focus after a window: it goes back to the element that opened it.

/** The element from which each window was opened. */
const openers = new WeakMap<Element, Element | null>();

export function rememberOpener(dialog: Element, opener: Element | null): void {
  openers.set(dialog, opener);
}

/** Finds the element with the focus. A button that was switched off when it was pressed has none: the window that it stands in opens the next. */
export function openerNow(): Element | null {
  const { activeElement, body } = document;
  return activeElement === body
    ? ([...document.querySelectorAll('dialog[open]')].at(-1) ?? null)
    : activeElement;
}

/** Focuses the opener of a window, or where that stood in a window that is gone as well, the opener of that one. */
export function giveFocusTo(opener: Element | null): void {
  let target = opener;
  while (target !== null && !target.isConnected) {
    const dialog = target.closest('dialog');
    target = (dialog && openers.get(dialog)) ?? null;
  }
  if (target instanceof HTMLElement) target.focus({ preventScroll: true });
}
