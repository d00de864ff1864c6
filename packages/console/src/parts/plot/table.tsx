// The numbers of a plot as a table, the newest first.

import { memo } from 'react';
import type { PlotLine } from './lines.ts';

export interface PlotTableProps {
  /** Name of the frame, which can be scrolled, for readers of the screen. */
  label: string;
  timeLabel: string;
  /** Times in Unix seconds, one for each value. */
  times: readonly number[];
  lines: readonly PlotLine[];
  showTime: (index: number) => string;
  showValue: (value: number | null) => string;
}

/** Memoized: the pointer moves over the plot without a render of the table. */
export const PlotTable = memo(function PlotTable({
  label,
  timeLabel,
  times,
  lines,
  showTime,
  showValue,
}: PlotTableProps) {
  return (
    <div className="table-frame plot-table" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">{timeLabel}</th>
            {lines.map((line) => (
              <th key={line.label} scope="col" className="numeric">
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times
            .map((time, index) => (
              <tr key={time}>
                <th scope="row">{showTime(index)}</th>
                {lines.map((line) => (
                  <td key={line.label} className="numeric">
                    {showValue(line.values[index] ?? null)}
                  </td>
                ))}
              </tr>
            ))
            .toReversed()}
        </tbody>
      </table>
    </div>
  );
});
