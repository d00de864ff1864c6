// One picture of the gallery: a button that opens it, and a box to select it. Of a picture that has expired, a link to its task.

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

export interface TileDoings {
  open: (tile: Tile) => void;
  select: (tile: Tile) => void;
  /** Whose turn it is when somebody comes back with the tab key. */
  focus: (tile: Tile) => void;
}

interface TileParts {
  tile: Tile;
  selected: boolean;
  /** Whether the tab key leads here; from one tile the arrows lead to the others. */
  reachable: boolean;
  doings: TileDoings;
}

export function GalleryTile(parts: TileParts) {
  const { picture } = parts.tile;
  return picture === undefined ? <ExpiredTile {...parts} /> : <PictureTile {...parts} picture={picture} />;
}

/** What the arrows find. */
function reached({ tile, reachable, doings }: TileParts) {
  return { 'data-tile': true, tabIndex: reachable ? 0 : -1, onFocus: () => doings.focus(tile) };
}

function ExpiredTile(parts: TileParts) {
  const say = useWords(galleryWords);
  const format = useFormat();
  const { task } = parts.tile;
  return (
    <li className="tile">
      <Link
        {...reached(parts)}
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
  const { tile, selected, doings } = parts;
  const { fileName: name, width, height, url } = picture;
  const time = format.time(tile.task.create_time);
  const spaceSelects = (event: KeyboardEvent) => {
    if (event.key !== ' ') return;
    event.preventDefault();
    doings.select(tile);
  };
  return (
    <li className="tile" data-selected={selected}>
      <button
        {...reached(parts)}
        type="button"
        className="tile-main"
        aria-label={say('open', { name, width, height, time })}
        onClick={() => doings.open(tile)}
        onKeyDown={spaceSelects}
        // Some browsers press a button when the space bar is let go.
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
        // The space bar does it from the button.
        tabIndex={-1}
        checked={selected}
        aria-label={say('select', { name, time })}
        onChange={() => doings.select(tile)}
      />
    </li>
  );
}
