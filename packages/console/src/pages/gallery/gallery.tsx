// All pictures of the key, the newest first: small renditions, loaded as they come near the window.

import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { ListState } from '../../live/list-state.ts';
import { useLiveList } from '../../live/use-live-list.ts';
import { Empty } from '../../parts/notice/empty.tsx';
import { useFormat } from '../../parts/format/format.ts';
import { Loading } from '../../parts/notice/loading.tsx';
import { PictureViewer } from '../../parts/viewer/lazy-viewer.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { createStored, useStored } from '../../stored.ts';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { SelectionBar } from './selection-bar.tsx';
import { TileGrid } from './tile-grid.tsx';
import { type Tile, tilesOf } from './tiles.ts';
import { galleryWords } from './words.ts';
import './gallery.css';

const query = { filter: { state: 'succeeded' }, pageSize: 60 } as const;

/** Ids of the selected tiles. */
const selection = createStored<readonly string[]>('plantain.gallery.selection.1', []);

export default function Gallery() {
  const say = useWords(galleryWords);
  const { state, list } = useLiveList(query);
  const more = useCallback(() => void list.current?.more(), [list]);
  const { ids, tasks, isComplete, error } = state;
  // A task that has succeeded does not change: new ids are all that is new.
  const tiles = useMemo(() => tilesOf(ids.flatMap((id) => tasks.get(id) ?? [])), [ids, tasks]);
  const chosen = useStored(selection);
  const selected = useMemo(() => new Set(chosen), [chosen]);
  const [open, setOpen] = useState<string | null>(null);
  const pictures = tiles.flatMap(({ picture }) => picture ?? []);
  const start = pictures.findIndex(({ taskId, index }) => `${taskId}/${index}` === open);
  const select = ({ id }: Tile) =>
    selection.set((last) => (last.includes(id) ? last.filter((each) => each !== id) : [...last, id]));

  return (
    <div className="page">
      <div className="page-head">
        <h1>{say('title')}</h1>
        {tiles.length > 0 && <p className="muted gallery-hint">{say('hint')}</p>}
      </div>
      <SelectionBar
        chosen={tiles.filter(({ id }) => selected.has(id))}
        onNone={() => selection.set(() => [])}
      />
      <TileGrid tiles={tiles} selected={selected} onOpen={({ id }) => setOpen(id)} onSelect={select} />
      {isComplete && tiles.length === 0 && (
        <Empty icon="grid" title={say('emptyTitle')}>
          <p>{say('emptyText')}</p>
          <Link href="/playground" className="button primary">
            {say('emptyAction')}
          </Link>
        </Empty>
      )}
      {error !== null && <Problem error={error} onRetry={more} />}
      <GalleryEnd state={state} count={pictures.length} onMore={more} />
      {start !== -1 && (
        <PictureViewer pictures={pictures} start={start} onClose={() => setOpen(null)} onNearEnd={more} />
      )}
    </div>
  );
}

/** End of the gallery so far; the next page loads when it comes near the window. */
function GalleryEnd({
  state: { isLoading, isComplete, error },
  count,
  onMore,
}: {
  state: ListState;
  count: number;
  onMore: () => void;
}) {
  const say = useWords(galleryWords);
  const sayControl = useWords(controlWords);
  const format = useFormat();
  const element = useNearby(!isLoading && !isComplete && error === null, onMore);
  return (
    <div ref={element} className="gallery-end">
      {isLoading && <Loading />}
      {!isLoading && !isComplete && (
        <button type="button" className="button" onClick={onMore}>
          {sayControl('more')}
        </button>
      )}
      {isComplete && count > 0 && <p className="muted">{say('end', { count: format.number(count) })}</p>}
    </div>
  );
}

/** Gives a ref for an element; `onNearby` is called whenever the element comes near the window, as long as `isMore`. */
function useNearby(isMore: boolean, onNearby: () => void) {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (element.current === null || !isMore) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) onNearby();
      },
      { rootMargin: '600px' },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [isMore, onNearby]);
  return element;
}
