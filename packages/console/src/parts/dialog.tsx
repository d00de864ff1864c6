// A window in front of the page: the browser's own, which keeps the focus inside, closes on Escape and gives the focus back.

import { type ReactNode, useEffect, useRef } from 'react';
import { commonWords } from '../words/common.ts';
import { useWords } from '../words/words.ts';
import { Icon } from './icon.tsx';

export function Dialog({
  title,
  onClose,
  wide = false,
  children,
}: {
  title: string;
  onClose: () => void;
  wide?: boolean;
  children: ReactNode;
}) {
  const say = useWords(commonWords);
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    if (dialog === null || dialog.open) return;
    dialog.showModal();
    // The browser begins with the button that closes it.
    dialog.querySelector<HTMLElement>('input, select, textarea')?.focus();
  }, []);
  return (
    <dialog ref={element} className={wide ? 'dialog wide' : 'dialog'} aria-label={title} onClose={onClose}>
      <header>
        <h2>{title}</h2>
        <button
          type="button"
          className="button bare"
          aria-label={say('close')}
          onClick={() => element.current?.close()}
        >
          <Icon name="close" />
        </button>
      </header>
      {children}
    </dialog>
  );
}
