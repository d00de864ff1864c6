import { useEffect, useRef, useState } from 'react';
import { Icon } from '../../parts/icon.tsx';
import { packPictures, saveFile } from '../../parts/picture-zip.ts';
import { Problem } from '../../parts/problem.tsx';
import { useSession } from '../../session.tsx';
import { useWords } from '../../words/words.ts';
import type { Tile } from './tiles.ts';
import { galleryWords } from './words.ts';

/** What can be done with the pictures that are selected. */
export function SelectionBar({ chosen, onNone }: { chosen: readonly Tile[]; onNone: () => void }) {
  const say = useWords(galleryWords);
  const { client } = useSession();
  const [done, setDone] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  const abort = useRef<AbortController | null>(null);
  useEffect(() => () => abort.current?.abort(), []);

  async function pack(): Promise<void> {
    const { signal } = (abort.current = new AbortController());
    setError(null);
    setDone(0);
    try {
      const pictures = chosen.flatMap(({ task, picture }) =>
        picture === undefined ? [] : [{ task, picture }],
      );
      const file = await packPictures(client, pictures, { signal, onProgress: setDone });
      saveFile(file, `pictures-${new Date().toISOString().slice(0, 10)}.zip`);
    } catch (failure) {
      if (!signal.aborted) setError(failure);
    } finally {
      setDone(null);
    }
  }

  return (
    <div className="selection">
      {chosen.length > 0 && (
        <div className="row">
          <span>{say('selected', { count: chosen.length })}</span>
          {done === null ? (
            <button type="button" className="button small primary" onClick={() => void pack()}>
              <Icon name="download" />
              {say('download')}
            </button>
          ) : (
            <>
              <span className="muted">{say('packing', { done: done + 1, count: chosen.length })}</span>
              <button type="button" className="button small" onClick={() => abort.current?.abort()}>
                {say('stop')}
              </button>
            </>
          )}
          <button type="button" className="button small" onClick={onNone}>
            {say('selectNone')}
          </button>
        </div>
      )}
      {error !== null && <Problem error={error} />}
      <p className="visually-hidden" role="status">
        {chosen.length > 0 && say('selected', { count: chosen.length })}
      </p>
    </div>
  );
}
