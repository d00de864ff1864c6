// What the server is doing: the queue, what came of tasks, how long they took, what they cost, and how the upstreams are.

import type { OverviewData } from '@plantain/client';
import { useCallback, useState } from 'react';
import { Empty } from '../../parts/empty.tsx';
import { useFormat } from '../../parts/format.ts';
import { Loading } from '../../parts/loading.tsx';
import { Plot } from '../../parts/plot.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useSession } from '../../session.tsx';
import { useLoad } from '../../use-load.ts';
import { commonWords } from '../../words/common.ts';
import { useWords } from '../../words/words.ts';
import { Failures, Models } from './counts.tsx';
import { Machine } from './machine.tsx';
import { queryOf, type Range, ranges } from './ranges.ts';
import { Upstreams } from './upstreams.tsx';
import { overviewWords } from './words.ts';
import './overview.css';

const everyMs = 10_000;

export default function Overview() {
  const say = useWords(overviewWords);
  const common = useWords(commonWords);
  const { client } = useSession();
  const [range, setRange] = useState<Range>('day');
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [overview, { upstreams }] = await Promise.all([
        client.admin.overview(queryOf(range, Date.now()), { signal }),
        client.admin.upstreams({ signal }),
      ]);
      return { overview, upstreams };
    },
    [client, range],
  );
  const { value, error, reload } = useLoad(load, { everyMs });

  return (
    <div className="page">
      <div className="page-head">
        <h1>{common('overview')}</h1>
        <label className="range">
          <span>{say('range')}</span>
          <select
            value={range}
            onChange={({ target }) => setRange(ranges.find((each) => each === target.value) ?? range)}
          >
            {ranges.map((each) => (
              <option key={each} value={each}>
                {say(`range_${each}`)}
              </option>
            ))}
          </select>
        </label>
      </div>
      {error !== undefined && <Problem error={error} onRetry={reload} />}
      {value === undefined && error === undefined && <Loading />}
      {value !== undefined && (
        <>
          <Figures overview={value.overview} />
          <Series overview={value.overview} />
          <Upstreams upstreams={value.upstreams} />
          <Machine overview={value.overview} />
        </>
      )}
    </div>
  );
}

function totals({ series }: OverviewData) {
  const sum = (name: 'submitted' | 'succeeded' | 'failed' | 'cancelled' | 'cost_micro_usd') =>
    series.reduce((total, point) => total + point[name], 0);
  return {
    submitted: sum('submitted'),
    succeeded: sum('succeeded'),
    failed: sum('failed'),
    ended: sum('succeeded') + sum('failed') + sum('cancelled'),
    cost: sum('cost_micro_usd'),
  };
}

function Figures({ overview }: { overview: OverviewData }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const { now } = overview;
  const { succeeded, failed, ended, cost } = totals(overview);
  const share = (count: number) =>
    ended === 0 ? '' : say('ofEnded', { share: format.percent(count / ended) });
  const wait = now.oldest_wait_seconds;
  const figures = [
    [
      'pending',
      format.number(now.pending),
      wait > 0 ? `${say('oldest')}: ${format.duration(wait)}` : say('nothing'),
    ],
    ['running', format.number(now.running), ''],
    ['ended', format.number(succeeded), share(succeeded)],
    ['failedShare', format.number(failed), share(failed)],
    ['costSum', format.dollars(cost), ''],
  ] as const;
  return (
    <dl className="figures">
      {figures.map(([name, value, more]) => (
        <div key={name} className="card figure">
          <dt>{say(name)}</dt>
          <dd className="figure-value">{value}</dd>
          <dd className="muted">{more}</dd>
        </div>
      ))}
    </dl>
  );
}

function Series({ overview }: { overview: OverviewData }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const { submitted, ended } = totals(overview);
  if (submitted + ended === 0)
    return (
      <Empty icon="chart" title={say('emptyTitle')}>
        <p>{say('emptyText')}</p>
      </Empty>
    );
  const times = overview.series.map(({ at }) => Number(at));
  const values = (name: 'submitted' | 'succeeded' | 'failed' | 'cancelled' | 'cost_micro_usd') =>
    overview.series.map((point) => point[name]);
  const shared = { times, timeLabel: say('time'), tableLabel: say('asTable'), showTime: format.time };
  return (
    <>
      <div className="halves">
        <Plot
          {...shared}
          title={say('throughput')}
          least={4}
          showValue={format.number}
          lines={[
            { label: say('submitted'), colour: 'muted', values: values('submitted') },
            { label: say('succeeded'), colour: 'accent', values: values('succeeded') },
            { label: say('failed'), colour: 'bad', values: values('failed') },
            { label: say('cancelled'), colour: 'warm', values: values('cancelled') },
          ]}
        />
        <Plot
          {...shared}
          title={say('costs')}
          least={10_000}
          showValue={format.dollars}
          lines={[{ label: say('cost'), colour: 'blue', values: values('cost_micro_usd') }]}
        />
      </div>
      <Models overview={overview} />
      <Failures failures={overview.failures} />
    </>
  );
}
