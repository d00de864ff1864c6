// Lines over time, drawn by uPlot in the page's own colours, and the same numbers as a table for those who read rather than look.

import { useEffect, useId, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { type Language, usePreferences } from '../preferences.tsx';
import './plot.css';

export interface PlotLine {
  label: string;
  /** The name of a colour of base.css, without its dashes. */
  colour: 'accent' | 'bad' | 'blue' | 'warm' | 'muted';
  /** One for each time. */
  values: readonly number[];
}

export interface PlotProps {
  title: string;
  timeLabel: string;
  tableLabel: string;
  /** Unix seconds, rising. */
  times: readonly number[];
  lines: readonly PlotLine[];
  showValue: (value: number) => string;
  showTime: (seconds: number) => string;
  /** What the upright axis shows at the least: with nothing but zeros it would show none. */
  least: number;
}

const heightPx = 220;
const daySeconds = 86_400;
/** Tasks and millionths of a dollar are counted in whole numbers. */
const wholeSteps = Array.from({ length: 12 }, (_, zeros) =>
  [1, 2, 5].map((step) => step * 10 ** zeros),
).flat();

export function Plot({ title, timeLabel, tableLabel, times, lines, showValue, showTime, least }: PlotProps) {
  const heading = useId();
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const { theme, language } = usePreferences();
  // What the drawing depends on beside its numbers; with the same, numbers are put into the plot that is there, without a flicker.
  const shape = [theme, ...lines.map(({ label, colour }) => `${label} ${colour}`)].join();
  const latest = useRef({ times, lines, showValue, least, language });
  latest.current = { times, lines, showValue, least, language };

  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(element, latest.current), dataOf(latest.current), element);
    };
    draw();
    const resized = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: heightPx }),
    );
    resized.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => plot.current?.setData(dataOf({ times, lines })), [times, lines]);

  return (
    <section className="card stack" aria-labelledby={heading}>
      <h2 id={heading}>{title}</h2>
      <div ref={holder} className="plot" aria-hidden="true" />
      <details>
        <summary>{tableLabel}</summary>
        <div
          className="table-frame plot-table"
          tabIndex={0}
          role="region"
          aria-label={`${title}: ${tableLabel}`}
        >
          <table>
            <thead>
              <tr>
                <th scope="col">{timeLabel}</th>
                {lines.map(({ label }) => (
                  <th key={label} scope="col" className="numeric">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {times.map((time, index) => (
                <tr key={time}>
                  <th scope="row">{showTime(time)}</th>
                  {lines.map(({ label, values }) => (
                    <td key={label} className="numeric">
                      {showValue(values[index] ?? 0)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}

/** Of a day or less the hour is enough; of more, the day, and the hour where a day has several marks. */
function timesOf(at: readonly number[], step: number, isLong: boolean, language: Language): string[] {
  const hour = { hour: 'numeric', minute: '2-digit' } as const;
  const day = { month: 'short', day: 'numeric' } as const;
  const shown = !isLong ? hour : step >= daySeconds ? day : { ...day, ...hour };
  const format = new Intl.DateTimeFormat(language, shown);
  return at.map((seconds) => format.format(seconds * 1000));
}

function dataOf({ times, lines }: Pick<PlotProps, 'times' | 'lines'>): uPlot.AlignedData {
  return [[...times], ...lines.map(({ values }) => [...values])];
}

function optionsOf(
  element: HTMLElement,
  {
    times,
    lines,
    showValue,
    least,
    language,
  }: Pick<PlotProps, 'times' | 'lines' | 'showValue' | 'least'> & { language: Language },
): uPlot.Options {
  // A canvas knows no variables, so the colours are read as they are at this moment. An element that was there before could be in a
  // transition from its last one.
  const colour = (name: string) => {
    const probe = document.createElement('span');
    probe.style.color = `var(--${name})`;
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
  const isLong = (times.at(-1) ?? 0) - (times[0] ?? 0) > 2 * daySeconds;
  const axis = {
    stroke: colour('muted'),
    grid: { stroke: colour('line') },
    ticks: { stroke: colour('line') },
  };
  return {
    width: element.clientWidth,
    height: heightPx,
    legend: { live: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(least, most * 1.1)] } },
    axes: [
      {
        ...axis,
        space: isLong ? 110 : 70,
        values: (_plot, at, _axis, _space, step) => timesOf(at, step, isLong, language),
      },
      { ...axis, size: 70, incrs: [...wholeSteps], values: (_plot, values) => values.map(showValue) },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        stroke: colour(line.colour),
        width: 2,
        points: { show: false },
      })),
    ],
  };
}
