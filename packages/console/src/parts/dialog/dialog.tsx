// A window in front of the page: the browser's own, which keeps the focus inside, closes on Escape and gives the focus back. The
// browser's Back closes it as well.

import { type PointerEvent, type ReactNode, type RefObject, useEffect, useRef, useState } from 'react';
import { useLatest } from '../../use-latest.ts';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { Icon } from '../icon.tsx';
import { giveFocusTo, openerNow, rememberOpener } from './focus.ts';
import { createDialogHistory } from './history.ts';

const closeOnBack = createDialogHistory(window);

export function Dialog({
  title,
  onClose,
  wide = false,
  closesOutside = false,
  onRefusal,
  children,
}: {
  title: string;
  onClose: () => void;
  /** Where given, the window closes only by being removed from the page; called when somebody tries to close it otherwise. */
  onRefusal?: () => void;
  wide?: boolean;
  /** Whether a press beside it closes it too: only where nothing was typed that would be lost. */
  closesOutside?: boolean;
  children: ReactNode;
}) {
  const element = useRef<HTMLDialogElement>(null);
  useModal(element);
  useCloseOnBack(element, onRefusal);
  const close = () => element.current?.close();
  const outside = useOutsidePress(close);
  return (
    <dialog
      ref={element}
      className={wide ? 'dialog wide' : 'dialog'}
      aria-label={title}
      onCancel={(event) => {
        if (onRefusal === undefined) return;
        event.preventDefault();
        onRefusal();
      }}
      onClose={({ currentTarget }) => {
        if (onRefusal === undefined) onClose();
        // A browser lets a page refuse one Escape, and not the next.
        else currentTarget.showModal();
      }}
      {...(closesOutside && outside)}
    >
      <header>
        <h2>{title}</h2>
        {onRefusal === undefined && <CloseButton onClose={close} />}
      </header>
      {children}
    </dialog>
  );
}

function CloseButton({ onClose }: { onClose: () => void }) {
  const say = useWords(controlWords);
  return (
    <button type="button" className="button bare" aria-label={say('close')} onClick={onClose}>
      <Icon name="close" />
    </button>
  );
}

/** Hook that shows the window, and gives the focus back when it is gone. */
function useModal(element: RefObject<HTMLDialogElement | null>): void {
  const [opener] = useState(openerNow);
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null || dialog.open) return;
    rememberOpener(dialog, opener);
    dialog.showModal();
    // The browser begins with the button that closes it.
    dialog.querySelector<HTMLElement>('input, select, textarea')?.focus();
  }, [element, opener]);
  useEffect(
    () => () => {
      // The browser gives the focus back where the window is closed, and not where it is removed from the page.
      if (document.activeElement === document.body) giveFocusTo(opener);
    },
    [opener],
  );
}

function useCloseOnBack(
  element: RefObject<HTMLDialogElement | null>,
  onRefusal: (() => void) | undefined,
): void {
  const refuse = useLatest(onRefusal);
  const isRefused = onRefusal !== undefined;
  useEffect(() => {
    // Back has removed the window's entry from the history: a window that stays needs another.
    const stay = () => {
      refuse.current?.();
      leave = closeOnBack(stay);
    };
    let leave = closeOnBack(isRefused ? stay : () => element.current?.close());
    return () => leave();
  }, [element, isRefused, refuse]);
}

/** Handlers for a press that begins and ends beside the window: a picture that is dragged out of it begins inside. */
function useOutsidePress(onPress: () => void) {
  const began = useRef(false);
  return {
    onPointerDown(event: PointerEvent) {
      began.current = isOutside(event);
    },
    onPointerUp(event: PointerEvent) {
      if (began.current && isOutside(event)) onPress();
    },
  };
}

/** The backdrop counts as the element itself. */
function isOutside({ target, currentTarget, clientX: x, clientY: y }: PointerEvent): boolean {
  const { left, right, top, bottom } = currentTarget.getBoundingClientRect();
  return target === currentTarget && (x < left || x > right || y < top || y > bottom);
}
