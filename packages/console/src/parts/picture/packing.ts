// Packs pictures into a ZIP file for a button that shows the progress.

import { useEffect, useRef, useState } from 'react';
import { useSession } from '../../session.tsx';
import { type Packed, packPictures, saveFile } from './zip.ts';

export interface Packing {
  pack: (pictures: readonly Packed[], fileName: string) => void;
  stop: () => void;
  /** Number of pictures fetched; `null` while nothing is being packed. */
  done: number | null;
  /** Failure of the last packing. */
  error: unknown;
}

/** Hook that packs; the work ends with the component. */
export function usePacking(): Packing {
  const { client } = useSession();
  const [done, setDone] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);

  async function run(pictures: readonly Packed[], fileName: string): Promise<void> {
    const { signal } = (abort.current = new AbortController());
    setError(null);
    setDone(0);
    try {
      saveFile(await packPictures(client, pictures, { signal, onProgress: setDone }), fileName);
    } catch (failure) {
      if (!signal.aborted) setError(failure);
    } finally {
      setDone(null);
    }
  }

  const stop = () => abort.current?.abort();
  return { pack: (pictures, fileName) => void run(pictures, fileName), stop, done, error };
}
