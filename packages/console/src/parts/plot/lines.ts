// The lines and bars of a plot, and their order and values as drawn. Bars are stacked: each is drawn from the ground up to its own top,
// the tallest first, so that the next covers all but its own part.

export interface PlotLine {
  label: string;
  /** The name of a colour of base.css, without its dashes. */
  colour: 'accent' | 'bad' | 'blue' | 'warm' | 'muted';
  /** Shape and pattern, which set it apart for those who don't see the colour. */
  mark: 'bar' | 'hatched-bar' | 'dotted-bar' | 'level' | 'area' | 'line' | 'dashed-line' | 'dotted-line';
  /** Values, one for each time; `null` where none is known, which is not 0. */
  values: readonly (number | null)[];
}

export function isBar({ mark }: Pick<PlotLine, 'mark'>): boolean {
  return mark.endsWith('bar');
}

/** Whether the mark leads from moment to moment; a level is a stroke across each bar. */
export function isLine(line: PlotLine | undefined): boolean {
  return line !== undefined && line.mark !== 'level' && !isBar(line);
}

/** Lines in the order of drawing: bars from the top of the stack to its ground, and then the lines over them. */
export function drawnOrder<Line extends Pick<PlotLine, 'mark'>>(lines: readonly Line[]): Line[] {
  return [...lines.filter(isBar).toReversed(), ...lines.filter((line) => !isBar(line))];
}

/** The values of `drawnOrder`, of bars the height of their tops. */
export function drawnValues(lines: readonly PlotLine[]): (number | null)[][] {
  const bars = lines.filter(isBar);
  return drawnOrder(lines).map((line) => {
    if (!isBar(line)) return line.values.slice();
    const stack = bars.slice(0, bars.indexOf(line) + 1);
    return line.values.map((value, index) =>
      value === null ? null : stack.reduce((sum, { values }) => sum + (values[index] ?? 0), 0),
    );
  });
}

/** Indices of values without a neighbour: a line through one alone would not be seen. */
export function isolated(values: ArrayLike<number | null | undefined>): number[] {
  const isThere = (index: number) => values[index] !== null && values[index] !== undefined;
  return Array.from({ length: values.length }, (_, index) => index).filter(
    (index) => isThere(index) && !isThere(index - 1) && !isThere(index + 1),
  );
}

const farSteps = 10;

/**
 * The moment that a key leads to from the chosen one, of `count`; `null` for none any more, and `undefined` where the key means
 * nothing here.
 */
export function momentAfter(key: string, chosen: number | null, count: number): number | null | undefined {
  const last = count - 1;
  const from = chosen ?? last;
  const within = (index: number) => Math.min(last, Math.max(0, index));
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return within(from - 1);
    case 'ArrowRight':
    case 'ArrowUp':
      return within(from + 1);
    case 'PageDown':
      return within(from - farSteps);
    case 'PageUp':
      return within(from + farSteps);
    case 'Home':
      return 0;
    case 'End':
      return last;
    case 'Escape':
      return null;
    default:
      return undefined;
  }
}
