// Where the input pictures lie in the result: each whole, at its own ratio, all as large as a grid allows.

import type { Box } from './composition.ts';
import type { Dimensions } from './dimensions.ts';

/** Boxes for the pictures, in their order, inside `area`; whole pixels, at least 1 by 1, `gap` pixels or more apart and from the edge. */
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

/** The same with a given number of columns; a last row that is not full is spread over the width. */
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

/** White frames with a soft shadow below the pictures, as SVG. */
export function drawFrames(boxes: readonly Box[], border: number): string {
  const rectangle = ({ left, top, width, height }: Box, grow: number, shift: number, paint: string): string =>
    `<rect x="${left - grow + shift}" y="${top - grow + shift}" width="${width + 2 * grow}" height="${height + 2 * grow}" ${paint}/>`;
  return boxes
    .map(
      (box) => rectangle(box, border, border, 'opacity=".25"') + rectangle(box, border, 0, 'fill="#fdfbf6"'),
    )
    .join('');
}
