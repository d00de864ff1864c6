// Drawing of each line and bar of a plot. They differ by pattern as well as by colour, for those who see no difference between green
// and red.

import uPlot from 'uplot';
import { isBar, isolated, type PlotLine } from './lines.ts';

/** A bar takes this share of its step, and is no wider. */
const barShare = 0.78;
const widestBarPx = 36;
const dashes = { 'dashed-line': [6, 4], 'dotted-line': [1, 4] } as const;

/** `colour` reads one of base.css by its name. */
export function seriesOf(line: PlotLine, colour: (name: string) => string): uPlot.Series {
  const stroke = colour(line.colour);
  if (isBar(line)) {
    const paths = uPlot.paths.bars?.({ size: [barShare, widestBarPx] });
    const fill = fillOf(line, stroke, colour('surface'));
    return { fill, width: 0, points: { show: false }, ...(paths === undefined ? {} : { paths }) };
  }
  if (line.mark === 'level')
    return { stroke, width: 2, cap: 'butt', points: { show: false }, paths: levelPaths };
  return {
    stroke,
    width: 2,
    ...(line.mark === 'dashed-line' || line.mark === 'dotted-line' ? { dash: [...dashes[line.mark]] } : {}),
    ...(line.mark === 'dotted-line' ? { cap: 'round' as const } : {}),
    ...(line.mark === 'area' ? { fill: colour(`${line.colour}-soft`) } : {}),
    points: {
      show: true,
      size: 5,
      fill: stroke,
      filter: (plot, index) => isolated(plot.data[index] ?? []),
    },
  };
}

/** Patterns have no gaps: what lies behind belongs to another bar. */
function fillOf({ mark }: PlotLine, colour: string, surface: string): string | CanvasPattern {
  if (mark === 'bar') return colour;
  const side = Math.round((mark === 'hatched-bar' ? 5 : 4) * devicePixelRatio);
  const tile = document.createElement('canvas');
  tile.width = tile.height = side;
  const context = tile.getContext('2d');
  if (context === null) return colour;
  context.fillStyle = surface;
  context.fillRect(0, 0, side, side);
  context.strokeStyle = context.fillStyle = colour;
  if (mark === 'hatched-bar') {
    context.lineWidth = side / 2;
    context.beginPath();
    // Beyond the corners, so that the stripes of neighbouring tiles meet.
    for (const from of [-side, 0, side]) {
      context.moveTo(from - side / 2, side * 1.5);
      context.lineTo(from + side * 1.5, -side / 2);
    }
    context.stroke();
  } else context.fillRect(0, 0, side / 2, side / 2);
  return context.createPattern(tile, 'repeat') ?? colour;
}

/** A stroke across each bar that there is, at its own height. */
const levelPaths: uPlot.Series.PathBuilder = (plot, index, first, last) => {
  const stroke = new Path2D();
  const [times, values = []] = [plot.data[0], plot.data[index]];
  const xOf = (at: number) => plot.valToPos(at, 'x', true);
  const stepPx = xOf(times[1] ?? 0) - xOf(times[0] ?? 0);
  const half = Math.min(stepPx * barShare, widestBarPx * devicePixelRatio) / 2;
  for (let at = first; at <= last; at += 1) {
    const value = values[at] ?? 0;
    if (value === 0) continue;
    const [x, y] = [xOf(times[at] ?? 0), plot.valToPos(value, 'y', true)];
    stroke.moveTo(x - half, y);
    stroke.lineTo(x + half, y);
  }
  return { stroke, fill: null };
};
