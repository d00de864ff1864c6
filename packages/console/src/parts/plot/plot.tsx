// Values over time, drawn by uPlot, and the same numbers as a table. A moment is chosen by the pointer, by touch or by the keys of
// a slider, and its values stand in the legend; several plots of the same steps can share the moment.

import { type KeyboardEvent, type PointerEvent, useEffect, useId, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { usePreferences } from '../../preferences.tsx';
import { dataOf, type Drawing, heightPx, markMoment, momentAt, optionsOf } from './drawing.ts';
import { PlotLegend } from './legend.tsx';
import { momentAfter } from './lines.ts';
import { PlotTable } from './table.tsx';
import './plot.css';
import { useLatest } from '../../use-latest.ts';

export interface PlotProps extends Omit<Drawing, 'language'> {
  title: string;
  /** Unit of a value, such as "per hour". */
  hint: string;
  timeLabel: string;
  tableLabel: string;
  /** Name for readers of the screen of what keys change. */
  momentLabel: string;
  /** Gets `null` for a missing value. */
  showValue: (value: number | null) => string;
  /** The moment or the step of an index. */
  showTime: (index: number) => string;
  /** Legend while no moment is chosen. */
  atRest: { caption: string; values: readonly (number | null)[] };
  /** The index of the chosen moment. */
  moment: number | null;
  onMoment: (moment: number | null) => void;
}

export function Plot(props: PlotProps) {
  const { title, hint, timeLabel, tableLabel, momentLabel, times, lines, showValue, showTime } = props;
  const { atRest, moment, onMoment } = props;
  const heading = useId();
  const { holder, indexAt } = useDrawing(props);
  const last = times.length - 1;
  // The window may have become shorter since.
  const chosen = moment === null ? null : Math.min(moment, last);
  const valuesAt = (index: number) => lines.map(({ values }) => values[index] ?? null);
  const said = lines.map(
    ({ label }, index) => `${label} ${showValue(valuesAt(chosen ?? last)[index] ?? null)}`,
  );

  function onKeyDown(event: KeyboardEvent): void {
    const next = momentAfter(event.key, chosen, times.length);
    if (next === undefined) return;
    event.preventDefault();
    onMoment(next);
  }

  function onPointer({ clientX }: PointerEvent): void {
    const index = indexAt(clientX);
    if (index !== undefined && index !== moment) onMoment(index);
  }

  return (
    <section className="card stack" aria-labelledby={heading}>
      <div className="plot-head">
        <h2 id={heading}>{title}</h2>
        <span className="muted">{hint}</span>
      </div>
      <PlotLegend
        caption={chosen === null ? atRest.caption : showTime(chosen)}
        lines={lines}
        values={chosen === null ? atRest.values : valuesAt(chosen)}
        showValue={showValue}
      />
      <div
        ref={holder}
        className="plot"
        role="slider"
        tabIndex={0}
        aria-label={`${title}: ${momentLabel}`}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={chosen ?? last}
        aria-valuetext={`${showTime(chosen ?? last)}: ${said.join(', ')}`}
        onKeyDown={onKeyDown}
        // Keys move from the last moment: show it.
        onFocus={({ target }) => target.matches(':focus-visible') && onMoment(last)}
        onPointerDown={onPointer}
        onPointerMove={onPointer}
        // A finger that was lifted leaves too, and what it pointed at is to be read.
        onPointerLeave={({ pointerType }) => pointerType === 'mouse' && onMoment(null)}
        onBlur={() => onMoment(null)}
      />
      <details>
        <summary>{tableLabel}</summary>
        <PlotTable
          label={`${title}: ${tableLabel}`}
          timeLabel={timeLabel}
          times={times}
          lines={lines}
          showTime={showTime}
          showValue={showValue}
        />
      </details>
    </section>
  );
}

/** Hook that draws into `holder`, and draws anew when the data, the language, the size or the colours change. */
function useDrawing({ times, from, to, lines, showTick, tickSteps, minTop, moment }: PlotProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const { language } = usePreferences();
  const drawing = { times, from, to, lines, showTick, tickSteps, minTop, language, moment };
  const latest = useLatest(drawing);
  // A change of these needs a new plot. Numbers alone are put into the one that is there, without a flicker.
  const shape = [language, ...lines.map(({ label, colour, mark }) => `${label} ${colour} ${mark}`)].join();

  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const mark = () => plot.current && markMoment(plot.current, latest.current, latest.current.moment);
    const draw = () => {
      plot.current?.destroy();
      const options = optionsOf(element, () => latest.current);
      plot.current = new uPlot(options, dataOf(latest.current), element);
      mark();
    };
    draw();
    const resized = new ResizeObserver(() => {
      plot.current?.setSize({ width: element.clientWidth, height: heightPx });
      mark();
    });
    resized.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', draw);
    // Observe the attribute, not the preference: it is set after effects have run.
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => {
      resized.disconnect();
      themed.disconnect();
      dark.removeEventListener('change', draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => plot.current?.setData(dataOf({ times, lines })), [times, lines]);
  useEffect(() => {
    if (plot.current !== null) markMoment(plot.current, latest.current, moment);
  }, [times, moment]);

  return {
    holder,
    indexAt: (clientX: number) => (plot.current === null ? undefined : momentAt(plot.current, clientX)),
  };
}
