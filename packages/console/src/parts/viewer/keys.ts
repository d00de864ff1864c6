// Keys that are pressed anywhere in the window.

import { useEffect } from 'react';
import { useLatest } from '../../use-latest.ts';

/** As long as no other key is held with them. */
export function useKeys(onKey: (key: string) => void): void {
  const latest = useLatest(onKey);
  useEffect(() => {
    const hear = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
      if (!ctrlKey && !metaKey && !altKey) latest.current(key);
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  }, [latest]);
}
