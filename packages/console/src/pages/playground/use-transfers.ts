// Pictures that come from outside of the page: dropped on a part of it, or pasted anywhere.

import { type DragEvent, useEffect, useState } from 'react';

type Take = (files: readonly File[]) => void;

/** What the part on which pictures are dropped needs, and whether some hang over it now. */
export function useDropping(take: Take) {
  const [isOver, setIsOver] = useState(false);
  const over = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    setIsOver(true);
  };
  const dropping = {
    onDragEnter: over,
    onDragOver: over,
    onDragLeave({ currentTarget, relatedTarget }: DragEvent) {
      if (!(relatedTarget instanceof Node && currentTarget.contains(relatedTarget))) setIsOver(false);
    },
    onDrop(event: DragEvent) {
      event.preventDefault();
      setIsOver(false);
      take(picturesIn(event.dataTransfer));
    },
  };
  return { isOver, dropping };
}

/** Text is pasted as ever. */
export function usePasting(take: Take): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const files = picturesIn(event.clipboardData);
      if (files.length === 0) return;
      event.preventDefault();
      take(files);
    };
    addEventListener('paste', paste);
    return () => removeEventListener('paste', paste);
  }, [take]);
}

function picturesIn(data: DataTransfer | null): File[] {
  return [...(data?.files ?? [])].filter(({ type }) => type.startsWith('image/') || type === '');
}
