import { Icon } from '../../parts/icon.tsx';
import { usePacking } from '../../parts/picture/packing.ts';
import { Problem } from '../../parts/notice/problem.tsx';
import { useWords } from '../../words/words.ts';
import type { Tile } from './tiles.ts';
import { galleryWords } from './words.ts';

/** Actions for the selected pictures. */
export function SelectionBar({ chosen, onNone }: { chosen: readonly Tile[]; onNone: () => void }) {
  const say = useWords(galleryWords);
  const { pack, stop, done, error } = usePacking();
  const packChosen = () =>
    pack(
      chosen.flatMap(({ task, picture }) => (picture === undefined ? [] : [{ task, picture }])),
      `pictures-${new Date().toISOString().slice(0, 10)}.zip`,
    );

  return (
    <div className="selection">
      {chosen.length > 0 && (
        <div className="row">
          <span>{say('selected', { count: chosen.length })}</span>
          {done === null ? (
            <button type="button" className="button small primary" onClick={packChosen}>
              <Icon name="download" />
              {say('download')}
            </button>
          ) : (
            <>
              <span className="muted">{say('packing', { done: done + 1, count: chosen.length })}</span>
              <button type="button" className="button small" onClick={stop}>
                {say('stop')}
              </button>
            </>
          )}
          <button type="button" className="button small" onClick={onNone}>
            {say('selectNone')}
          </button>
        </div>
      )}
      {error !== null && <Problem error={error} isOnce />}
      <p className="visually-hidden" role="status">
        {chosen.length > 0 && say('selected', { count: chosen.length })}
      </p>
    </div>
  );
}
