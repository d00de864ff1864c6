// The four plots of an overview: lines, axes, and the values at rest.

import type { OverviewData, OverviewPoint, Percentiles } from '@plantain/client';
import type { Format } from '../../parts/format/format.ts';
import type { PlotLine } from '../../parts/plot/lines.ts';
import type { PlotProps } from '../../parts/plot/plot.tsx';
import { durationSteps, wholeSteps } from '../../parts/plot/ticks.ts';
import type { Say } from '../../words/words.ts';
import type { Range } from './ranges.ts';
import type { ShortFormat } from './short-format.ts';
import { latestTimed, totalsOf } from './totals.ts';
import type { overviewWords } from './words.ts';

interface Texts {
  say: Say<keyof typeof overviewWords.en>;
  format: Format;
  short: ShortFormat;
}

/** `name` is the word for its title. */
export type OverviewPlot = { name: 'throughput' | 'open' | 'durations' | 'costs'; hint?: string } & Omit<
  PlotProps,
  'title' | 'hint' | 'timeLabel' | 'tableLabel' | 'momentLabel' | 'moment' | 'onMoment'
>;

const none = '–';

export function plotsOf(overview: OverviewData, range: Range, { say, format, short }: Texts): OverviewPlot[] {
  const { series, now } = overview;
  const { middles, ends } = timesOf(overview, short);
  const lines = linesOf(series, say);
  const totals = totalsOf(series);
  const timed = latestTimed(series);
  const sums = (...values: number[]) => ({ caption: say(`range_${range}`), values });
  const known = (show: (value: number) => string) => (value: number | null) =>
    value === null ? none : show(value);
  const axis = { from: Number(overview.from), to: Number(overview.to), tickSteps: wholeSteps };
  const counts = { ...axis, minTop: 4, showTick: short.tick, showValue: known(format.number) };
  return [
    {
      name: 'throughput',
      ...middles,
      ...counts,
      lines: lines.tasks,
      atRest: sums(totals.submitted, totals.succeeded, totals.failed, totals.cancelled),
    },
    {
      name: 'open',
      hint: say('openHint'),
      ...ends,
      ...counts,
      lines: lines.open,
      atRest: { caption: say('now'), values: [now.pending + now.running] },
    },
    {
      name: 'durations',
      ...middles,
      ...axis,
      minTop: 1,
      tickSteps: durationSteps,
      showTick: short.duration,
      showValue: known(short.duration),
      lines: lines.durations,
      atRest: {
        caption: timed < 0 ? say('noneSucceeded') : middles.showTime(timed),
        values: lines.durations.map(({ values }) => values[timed] ?? null),
      },
    },
    {
      name: 'costs',
      ...middles,
      ...axis,
      minTop: 10_000,
      showTick: short.dollarTick,
      showValue: known(short.dollars),
      lines: lines.cost,
      atRest: sums(totals.costMicroUsd),
    },
  ];
}

/** Times of the points: counts of a step stand at its middle, open tasks at its end, or at now where that lies ahead. */
function timesOf({ series, step }: OverviewData, { span, moment }: Pick<ShortFormat, 'span' | 'moment'>) {
  const starts = series.map(({ at }) => Number(at));
  const now = Date.now() / 1000;
  const ends = starts.map((at) => Math.min(at + step, Math.max(at, now)));
  return {
    middles: {
      times: starts.map((at) => at + step / 2),
      showTime: (index: number) => span(starts[index] ?? 0, (starts[index] ?? 0) + step),
    },
    ends: { times: ends, showTime: (index: number) => moment(ends[index] ?? 0) },
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
