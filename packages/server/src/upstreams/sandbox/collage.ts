// Places of the input pictures in the result: each is whole, at its own ratio, all as large as a grid allows.

import type { Box } from './canvas.ts';
import type { Dimensions } from './dimensions.ts';

/** Finds boxes for the pictures, in their order, inside `area`; whole pixels, at least 1 by 1, `gap` pixels or more apart and from the edge. */
export function layOut(pictures: readonly Dimensions[], area: Box, gap: number): Box[] {
  let best: Box[] = [];
  let covered = -1;
  for (let columns = 1; columns <= pictures.length; columns++) {
    const boxes = layOutGrid(pictures, area, gap, columns);
    const pixels = boxes.reduce((sum, { width, height }) => sum + width * height, 0);
    if (pixels <= covered) continue;
    best = boxes;
    covered = pixels;
  }
  return best;
}

/** Finds the boxes in a grid of that many columns; a last row that is not full is spread over the width. */
function layOutGrid(pictures: readonly Dimensions[], area: Box, gap: number, columns: number): Box[] {
  const rows = Math.ceil(pictures.length / columns);
  const cellHeight = (area.height - gap * (rows + 1)) / rows;
  return pictures.map((picture, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, pictures.length - row * columns);
    const cellWidth = (area.width - gap * (inRow + 1)) / inRow;
    const scale = Math.min(cellWidth / picture.width, cellHeight / picture.height);
    const width = Math.max(1, Math.floor(picture.width * scale));
    const height = Math.max(1, Math.floor(picture.height * scale));
    return {
      width,
      height,
      left: Math.floor(area.left + gap + (index % columns) * (cellWidth + gap) + (cellWidth - width) / 2),
      top: Math.floor(area.top + gap + row * (cellHeight + gap) + (cellHeight - height) / 2),
    };
  });
}
