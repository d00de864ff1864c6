import { type KeyboardEvent, useState } from 'react';
import { useWords } from '../../words/words.ts';
import { GalleryTile } from './tile.tsx';
import { nextIndex, type Tile } from './tiles.ts';
import { galleryWords } from './words.ts';

/** Grid of tiles. One tile is reached with the tab key; from there the arrows lead to the others. */
export function TileGrid({
  tiles,
  selected,
  onOpen,
  onSelect,
}: {
  tiles: readonly Tile[];
  selected: ReadonlySet<string>;
  onOpen: (tile: Tile) => void;
  onSelect: (tile: Tile) => void;
}) {
  const say = useWords(galleryWords);
  const [current, setCurrent] = useState<string | null>(null);
  const tabStop = tiles.some(({ id }) => id === current) ? current : tiles[0]?.id;
  return (
    <ul className="gallery" aria-label={say('pictures')} onKeyDown={moveFocus}>
      {tiles.map((tile) => (
        <GalleryTile
          key={tile.id}
          tile={tile}
          selected={selected.has(tile.id)}
          isTabStop={tile.id === tabStop}
          actions={{ open: onOpen, select: onSelect, focus: ({ id }) => setCurrent(id) }}
        />
      ))}
    </ul>
  );
}

function moveFocus(event: KeyboardEvent<HTMLUListElement>): void {
  const list = event.currentTarget;
  const tiles = [...list.querySelectorAll<HTMLElement>('[data-tile]')];
  const at = tiles.findIndex((tile) => tile === document.activeElement);
  const columns = getComputedStyle(list).gridTemplateColumns.split(' ').length;
  const to = nextIndex(event.key, { at, count: tiles.length, columns });
  if (at === -1 || to === undefined) return;
  event.preventDefault();
  tiles[to]?.focus();
}
