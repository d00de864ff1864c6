// Files that are dropped or pasted anywhere on the page. Files of every type are taken: the server refuses the wrong ones, and says why.

import { useEffect, useState } from 'react';
import { isMeantAsText } from './pasted-text.ts';
import { useLatest } from '../../../use-latest.ts';

type Take = (files: readonly File[]) => void;

/** Takes files that are dropped on the window, which the browser would open else. True while files are dragged over it. */
export function useDropping(take: Take): boolean {
  const [isOver, setIsOver] = useState(false);
  const latest = useLatest(take);
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes('Files') !== true) return;
      event.preventDefault();
      // A dialog in front of the page takes no files.
      const isBehind = document.querySelector('dialog[open]') !== null;
      event.dataTransfer.dropEffect = isBehind ? 'none' : 'copy';
      setIsOver(!isBehind);
    };
    const leave = ({ relatedTarget }: DragEvent) => {
      // Otherwise the pointer is over another part of the page.
      if (relatedTarget === null) setIsOver(false);
    };
    const drop = (event: DragEvent) => {
      setIsOver(false);
      if (event.dataTransfer?.types.includes('Files') !== true) return;
      event.preventDefault();
      if (document.querySelector('dialog[open]') === null) latest.current([...event.dataTransfer.files]);
    };
    const abort = new AbortController();
    const { signal } = abort;
    addEventListener('dragenter', over, { signal });
    addEventListener('dragover', over, { signal });
    addEventListener('dragleave', leave, { signal });
    addEventListener('drop', drop, { signal });
    return () => abort.abort();
  }, [latest]);
  return isOver;
}

/** Takes pasted files. Text is pasted as ever, even when a picture comes with it, as from a spreadsheet or an e-mail. */
export function usePasting(take: Take): void {
  const latest = useLatest(take);
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const { clipboardData: data, target } = event;
      const files = [...(data?.files ?? [])];
      if (files.length === 0) return;
      const names = files.map(({ name }) => name);
      if (takesText(target) && isMeantAsText(data?.getData('text/plain') ?? '', names)) return;
      event.preventDefault();
      latest.current(files);
    };
    addEventListener('paste', paste);
    return () => removeEventListener('paste', paste);
  }, [latest]);
}

function takesText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === 'text')
  );
}
