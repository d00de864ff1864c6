import { useEffect } from 'react';
import { useLatest } from '../../use-latest.ts';

/** Listens to keys that are pressed anywhere in the window, without Ctrl, Alt or Meta. */
export function useKeys(onKey: (key: string) => void): void {
  const latest = useLatest(onKey);
  useEffect(() => {
    const listener = ({ key, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
      if (!ctrlKey && !metaKey && !altKey) latest.current(key);
    };
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, [latest]);
}
