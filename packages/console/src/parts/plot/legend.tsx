// The legend of a plot: its lines and bars, with the value of each at the chosen moment.

import type { PlotLine } from './lines.ts';

export function PlotLegend({
  caption,
  lines,
  values,
  showValue,
}: {
  /** Time of the values. */
  caption: string;
  lines: readonly PlotLine[];
  values: readonly (number | null)[];
  showValue: (value: number | null) => string;
}) {
  return (
    <div className="plot-legend">
      <p className="muted">{caption}</p>
      <dl>
        {lines.map(({ label, mark, colour }, index) => (
          <div key={label}>
            <dt>
              <span className="plot-mark" data-mark={mark} data-colour={colour} aria-hidden="true" />
              {label}
            </dt>
            <dd>{showValue(values[index] ?? null)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
