// A window in front of the page: the browser's own, which keeps the focus inside, closes on Escape and gives the focus back. The
// browser's Back closes it as well.

import { type PointerEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { useLatest } from '../../use-latest.ts';
import { createDialogHistory } from './history.ts';
import { Icon } from '../icon.tsx';

const closeOnBack = createDialogHistory(window);

export function Dialog({
  title,
  onClose,
  wide = false,
  closesOutside = false,
  onKept,
  children,
}: {
  title: string;
  onClose: () => void;
  /** Where given, nothing but taking it out of the page closes the window; called when somebody tried to. */
  onKept?: () => void;
  wide?: boolean;
  /** Whether a press beside it closes it too: only where nothing was typed that would be lost. */
  closesOutside?: boolean;
  children: ReactNode;
}) {
  const say = useWords(controlWords);
  const element = useRef<HTMLDialogElement>(null);
  const [opener] = useState(openerNow);
  // What begins inside, such as a picture that is dragged, is no press beside it.
  const beganOutside = useRef(false);
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null || dialog.open) return;
    openers.set(dialog, opener);
    dialog.showModal();
    // The browser begins with the button that closes it.
    dialog.querySelector<HTMLElement>('input, select, textarea')?.focus();
  }, [opener]);
  const kept = useLatest(onKept);
  const isKept = onKept !== undefined;
  useEffect(
    () => () => {
      // The browser gives the focus back where the window is closed, and not where it is taken out of the page.
      if (document.activeElement === document.body) giveFocusTo(opener);
    },
    [opener],
  );
  useEffect(() => {
    // Back has taken the window's entry off the history: one that stays needs another.
    const stay = () => {
      kept.current?.();
      leave = closeOnBack(stay);
    };
    let leave = closeOnBack(isKept ? stay : () => element.current?.close());
    return () => leave();
  }, [isKept, kept]);
  return (
    <dialog
      ref={element}
      className={wide ? 'dialog wide' : 'dialog'}
      aria-label={title}
      onCancel={(event) => {
        if (onKept === undefined) return;
        event.preventDefault();
        onKept();
      }}
      onClose={({ currentTarget }) => {
        if (onKept === undefined) onClose();
        // A browser lets a page refuse one Escape, and not the next.
        else currentTarget.showModal();
      }}
      onPointerDown={(event) => {
        beganOutside.current = isOutside(event);
      }}
      onPointerUp={(event) => {
        if (closesOutside && beganOutside.current && isOutside(event)) element.current?.close();
      }}
    >
      <header>
        <h2>{title}</h2>
        {!isKept && (
          <button
            type="button"
            className="button bare"
            aria-label={say('close')}
            onClick={() => element.current?.close()}
          >
            <Icon name="close" />
          </button>
        )}
      </header>
      {children}
    </dialog>
  );
}

/** The element from which each window was opened. */
const openers = new WeakMap<Element, Element | null>();

/** Finds what has the focus. A button that was switched off when it was pressed has none: the window that it stands in opens the next. */
function openerNow(): Element | null {
  const { activeElement, body } = document;
  return activeElement === body
    ? ([...document.querySelectorAll('dialog[open]')].at(-1) ?? null)
    : activeElement;
}

/** Focuses what opened a window, or where that stood in a window that is gone as well, what opened that one. */
function giveFocusTo(opener: Element | null): void {
  let target = opener;
  while (target !== null && !target.isConnected) {
    const dialog = target.closest('dialog');
    target = (dialog && openers.get(dialog)) ?? null;
  }
  if (target instanceof HTMLElement) target.focus({ preventScroll: true });
}

/** The backdrop counts as the element itself. */
function isOutside({ target, currentTarget, clientX: x, clientY: y }: PointerEvent): boolean {
  const { left, right, top, bottom } = currentTarget.getBoundingClientRect();
  return target === currentTarget && (x < left || x > right || y < top || y > bottom);
}
