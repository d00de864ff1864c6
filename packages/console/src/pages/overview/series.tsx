// The four plots. All have the same steps, so that the moment that is looked at in one is told by the others too.

import type { OverviewData, OverviewPoint, Percentiles } from '@plantain/client';
import { useMemo, useState } from 'react';
import { useFormat } from '../../parts/format/format.ts';
import { Plot } from '../../parts/plot/plot.tsx';
import type { PlotLine } from '../../parts/plot/lines.ts';
import { durationSteps, wholeSteps } from '../../parts/plot/ticks.ts';
import { useWords } from '../../words/words.ts';
import type { Range } from './ranges.ts';
import { type ShortFormat, useShortFormat } from './short-format.ts';
import { latestTimed, totalsOf } from './totals.ts';
import { overviewWords } from './words.ts';

const none = '–';

export function Series({ overview, range }: { overview: OverviewData; range: Range }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const short = useShortFormat();
  const [moment, setMoment] = useState<number | null>(null);
  const plots = useMemo(() => {
    const show = (known: (value: number) => string) => (value: number | null) =>
      value === null ? none : known(value);
    return {
      ...timesOf(overview, short),
      ...linesOf(overview.series, say),
      number: show(format.number),
      dollars: show(short.dollars),
      duration: show(short.duration),
    };
  }, [overview, say, format, short]);
  const totals = totalsOf(overview.series);
  const timed = latestTimed(overview.series);
  const valuesAt = (lines: readonly PlotLine[], index: number) =>
    lines.map(({ values }) => values[index] ?? null);

  const { from, to, steps, ends, showStep, showEnd } = plots;
  const shared = {
    from,
    to,
    moment,
    onMoment: setMoment,
    hint: say('each', { step: short.step(overview.step) }),
    momentLabel: say('moment'),
    timeLabel: say('time'),
    tableLabel: say('asTable'),
  };
  const sums = (...values: number[]) => ({ caption: say(`range_${range}`), values });
  return (
    <div className="halves">
      <Plot
        {...shared}
        title={say('throughput')}
        times={steps}
        showTime={showStep}
        lines={plots.tasks}
        least={4}
        tickSteps={wholeSteps}
        showTick={short.tick}
        showValue={plots.number}
        atRest={sums(totals.submitted, totals.succeeded, totals.failed, totals.cancelled)}
      />
      <Plot
        {...shared}
        title={say('open')}
        hint={say('openHint')}
        times={ends}
        showTime={showEnd}
        lines={plots.open}
        least={4}
        tickSteps={wholeSteps}
        showTick={short.tick}
        showValue={plots.number}
        atRest={{ caption: say('now'), values: [overview.now.pending + overview.now.running] }}
      />
      <Plot
        {...shared}
        title={say('durations')}
        times={steps}
        showTime={showStep}
        lines={plots.durations}
        least={1}
        tickSteps={durationSteps}
        showTick={short.duration}
        showValue={plots.duration}
        atRest={{
          caption: timed < 0 ? say('noneSucceeded') : showStep(timed),
          values: valuesAt(plots.durations, timed),
        }}
      />
      <Plot
        {...shared}
        title={say('costs')}
        times={steps}
        showTime={showStep}
        lines={plots.cost}
        least={10_000}
        tickSteps={wholeSteps}
        showTick={short.dollarTick}
        showValue={plots.dollars}
        atRest={sums(totals.costMicroUsd)}
      />
    </div>
  );
}

/** What is counted in a step stands at its middle; what was open is known of its end, or of now where that lies ahead. */
function timesOf(
  { series, step, from, to }: OverviewData,
  { span, moment }: Pick<ShortFormat, 'span' | 'moment'>,
) {
  const starts = series.map(({ at }) => Number(at));
  const now = Date.now() / 1000;
  const ends = starts.map((at) => Math.min(at + step, Math.max(at, now)));
  return {
    from: Number(from),
    to: Number(to),
    steps: starts.map((at) => at + step / 2),
    ends,
    showStep: (index: number) => span(starts[index] ?? 0, (starts[index] ?? 0) + step),
    showEnd: (index: number) => moment(ends[index] ?? 0),
  };
}

type Label = 'submitted' | 'succeeded' | 'failed' | 'cancelled' | 'openTasks' | 'cost' | keyof Percentiles;

function linesOf(series: readonly OverviewPoint[], say: (label: Label) => string) {
  const line = (
    label: Label,
    colour: PlotLine['colour'],
    mark: PlotLine['mark'],
    valueOf: (point: OverviewPoint) => number | null,
  ): PlotLine => ({ label: say(label), colour, mark, values: series.map(valueOf) });
  const took = (name: keyof Percentiles) => (point: OverviewPoint) => point.duration_seconds?.[name] ?? null;
  return {
    tasks: [
      line('submitted', 'muted', 'level', (point) => point.submitted),
      line('succeeded', 'accent', 'bar', (point) => point.succeeded),
      line('failed', 'bad', 'hatched-bar', (point) => point.failed),
      line('cancelled', 'warm', 'dotted-bar', (point) => point.cancelled),
    ],
    open: [line('openTasks', 'blue', 'area', (point) => point.open ?? null)],
    durations: [
      line('p50', 'accent', 'line', took('p50')),
      line('p90', 'blue', 'dashed-line', took('p90')),
      line('p99', 'warm', 'dotted-line', took('p99')),
    ],
    cost: [line('cost', 'blue', 'bar', (point) => point.cost_micro_usd)],
  };
}
