// One picture of the gallery: a button that opens it, and a box to select it. An expired picture is a link to its task.

import type { KeyboardEvent } from 'react';
import { Link } from 'wouter';
import { useFormat } from '../../parts/format/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { PictureImage } from '../../parts/picture/image.tsx';
import { type Picture, renditionOf } from '../../parts/picture/links.ts';
import { useWords } from '../../words/words.ts';
import type { Tile } from './tiles.ts';
import { galleryWords } from './words.ts';

const renditionWidth = 320;

export interface TileActions {
  open: (tile: Tile) => void;
  select: (tile: Tile) => void;
  /** Makes the tile the one that the tab key reaches. */
  focus: (tile: Tile) => void;
}

interface TileParts {
  tile: Tile;
  selected: boolean;
  /** True of the one tile that the tab key reaches. */
  isTabStop: boolean;
  actions: TileActions;
}

export function GalleryTile(parts: TileParts) {
  const { picture } = parts.tile;
  return picture === undefined ? <ExpiredTile {...parts} /> : <PictureTile {...parts} picture={picture} />;
}

/** Attributes of the element that the arrow keys focus. */
function focusable({ tile, isTabStop, actions }: TileParts) {
  return { 'data-tile': true, tabIndex: isTabStop ? 0 : -1, onFocus: () => actions.focus(tile) };
}

function ExpiredTile(parts: TileParts) {
  const say = useWords(galleryWords);
  const format = useFormat();
  const { task } = parts.tile;
  return (
    <li className="tile">
      <Link
        {...focusable(parts)}
        href={`/tasks/${task.task_id}`}
        className="tile-main expired"
        aria-label={say('expiredTask', { time: format.time(task.create_time) })}
      >
        <Icon name="clock" />
        {say('expired')}
      </Link>
    </li>
  );
}

function PictureTile({ picture, ...parts }: TileParts & { picture: Picture }) {
  const say = useWords(galleryWords);
  const format = useFormat();
  const { tile, selected, actions } = parts;
  const { fileName: name, width, height, url } = picture;
  const time = format.time(tile.task.create_time);
  const spaceSelects = (event: KeyboardEvent) => {
    if (event.key !== ' ') return;
    event.preventDefault();
    actions.select(tile);
  };
  return (
    <li className="tile" data-selected={selected}>
      <button
        {...focusable(parts)}
        type="button"
        className="tile-main"
        aria-label={say('open', { name, width, height, time })}
        onClick={() => actions.open(tile)}
        onKeyDown={spaceSelects}
        // Some browsers click a button when the space bar is released.
        onKeyUp={(event) => {
          if (event.key === ' ') event.preventDefault();
        }}
      >
        <PictureImage
          src={renditionOf(url, { width: renditionWidth })}
          alt=""
          width={width}
          height={height}
        />
      </button>
      <input
        type="checkbox"
        className="tile-check"
        // The space bar selects from the button.
        tabIndex={-1}
        checked={selected}
        aria-label={say('select', { name, time })}
        onChange={() => actions.select(tile)}
      />
    </li>
  );
}
