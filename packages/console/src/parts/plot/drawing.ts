// A plot's lines and bars as uPlot draws them, in the page's own colours. uPlot sets styles by script, one by one, which a strict
// policy allows.

import uPlot from 'uplot';
import type { Language } from '../../preferences.tsx';
import { drawnOrder, drawnValues, isBar, isLine, type PlotLine } from './lines.ts';
import { seriesOf } from './marks.ts';
import { timeTicks } from './ticks.ts';

export interface Drawing {
  /** Unix seconds, rising. */
  times: readonly number[];
  /** The ends of the axis of time, in Unix seconds. */
  from: number;
  to: number;
  lines: readonly PlotLine[];
  /** A value beside the upright axis; short. */
  showTick: (value: number) => string;
  /** Distances that marks of the upright axis may have, rising. */
  tickSteps: readonly number[];
  /** Least value at which the upright axis ends: with nothing but zeros it would show none. */
  minTop: number;
  language: Language;
}

export const heightPx = 200;
/** Free at the end, for the half of a text that stands below the last mark. */
const endPx = 12;
const font =
  '12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "PingFang SC", "Microsoft YaHei", sans-serif';

export function dataOf({ times, lines }: Pick<Drawing, 'times' | 'lines'>): uPlot.AlignedData {
  return [[...times], ...drawnValues(lines)];
}

/** `latest` is asked again with each drawing: new numbers need no new plot. */
export function optionsOf(element: HTMLElement, latest: () => Drawing): uPlot.Options {
  const colour = (name: string) => colourOf(element, name);
  const { lines } = latest();
  const axis = { stroke: colour('muted'), font, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height: heightPx,
    padding: [8, endPx, 0, 0],
    legend: { show: false },
    // The page places the cursor, as keys move it too.
    cursor: {
      x: !lines.some(isBar),
      y: false,
      points: {
        // Bars have none: the strip behind them says which it is.
        size: (_plot, index) => (isLine(drawnOrder(latest().lines)[index - 1]) ? 8 : 0),
        width: 2,
        fill: colour('surface'),
        stroke: strokeOf,
      },
    },
    select: { show: true, over: false, left: 0, top: 0, width: 0, height: 0 },
    scales: {
      x: { range: () => [latest().from, latest().to] },
      y: { range: (_plot, _min, max) => [0, Math.max(latest().minTop, (max ?? 0) * 1.08)] },
    },
    axes: [
      {
        ...axis,
        size: 30,
        gap: 9,
        space: 72,
        grid: { show: false },
        values: (plot, at, _axis, _space, step) =>
          timeTicks(at, step, latest().language).map((text, index) =>
            isCut(plot, at[index] ?? 0, text) ? '' : text,
          ),
      },
      {
        ...axis,
        space: 30,
        grid: { stroke: colour('line'), width: 1 },
        incrs: [...latest().tickSteps],
        size: (plot, texts) => widestOf(plot, texts ?? []) + 12,
        values: (_plot, values) => values.map(latest().showTick),
      },
    ],
    series: [{}, ...drawnOrder(lines).map((line) => seriesOf(line, colour))],
  };
}

function strokeOf(plot: uPlot, index: number): string {
  const stroke = plot.series[index]?.stroke;
  const made = typeof stroke === 'function' ? stroke(plot, index) : stroke;
  return typeof made === 'string' ? made : 'transparent';
}

/** Whether a part of a text below the axis would lie beyond the edges of the drawing. */
function isCut(plot: uPlot, at: number, text: string): boolean {
  const middle = plot.bbox.left / devicePixelRatio + plot.valToPos(at, 'x');
  const half = widestOf(plot, [text]) / 2;
  return middle < half || middle + half > plot.width;
}

function widestOf({ ctx }: uPlot, texts: readonly string[]): number {
  ctx.save();
  ctx.font = font;
  const widest = Math.max(0, ...texts.map((text) => ctx.measureText(text).width));
  ctx.restore();
  return Math.ceil(widest);
}

/**
 * A canvas knows no variables, so the colours are read as they are at this moment. An element that was there before could be in a
 * transition from its last one.
 */
function colourOf(element: HTMLElement, name: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(--${name})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Marks the step that is chosen: under bars a strip as wide as the step, on lines where they are at that moment. */
export function markMoment(plot: uPlot, { times, lines }: Drawing, index: number | null): void {
  const at = index === null ? undefined : times[index];
  if (at === undefined) {
    plot.setCursor({ left: -10, top: -10 }, false);
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    return;
  }
  const middle = plot.valToPos(at, 'x');
  if (lines.some(isBar)) {
    const step = (times[1] ?? at) - (times[0] ?? at);
    const width = plot.valToPos(at + step, 'x') - middle;
    plot.setSelect({ left: middle - width / 2, top: 0, width, height: plot.over.clientHeight }, false);
  }
  plot.setCursor({ left: middle, top: 0 }, false);
}

/** The moment that is nearest to a place on the screen, in pixels from its left edge. */
export function momentAt(plot: uPlot, clientX: number): number {
  const { left, width } = plot.over.getBoundingClientRect();
  return plot.posToIdx(Math.min(width, Math.max(0, clientX - left)));
}
