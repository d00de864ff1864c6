// Keys that are pressed anywhere in the window.

import { useEffect, useLayoutEffect, useRef } from 'react';

/** As long as no other key is held with them. */
export function useKeys(onKey: (key: string) => void): void {
  const latest = useRef(onKey);
  useLayoutEffect(() => {
    latest.current = onKey;
  });
  useEffect(() => {
    const hear = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
      if (!ctrlKey && !metaKey && !altKey) latest.current(key);
    };
    addEventListener('keydown', hear);
    return () => removeEventListener('keydown', hear);
  }, []);
}
