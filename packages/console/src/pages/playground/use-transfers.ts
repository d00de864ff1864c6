// Files that come from outside of the page: dropped on it or pasted, anywhere. All of them: what the server does not take, it refuses in
// words, and who chose it learns why.

import { useEffect, useState } from 'react';
import { isMeantAsText } from './pasted-text.ts';
import { useLatest } from '../../use-latest.ts';

type Take = (files: readonly File[]) => void;

/** Takes what is dropped on the window, so that the browser does not open it. True while files hang over it. */
export function useDropping(take: Take): boolean {
  const [isOver, setIsOver] = useState(false);
  const latest = useLatest(take);
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (event.dataTransfer?.types.includes('Files') !== true) return;
      event.preventDefault();
      // What is in front of the page is no place for them.
      const isBehind = document.querySelector('dialog[open]') !== null;
      event.dataTransfer.dropEffect = isBehind ? 'none' : 'copy';
      setIsOver(!isBehind);
    };
    const leave = ({ relatedTarget }: DragEvent) => {
      // To another part of the page else.
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

/** Text is pasted as ever, also where a picture comes with it, as from a table or a letter. */
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
