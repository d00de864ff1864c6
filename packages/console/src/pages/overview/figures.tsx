// The numbers that one looks at first: what is open now, what became of tasks in the time that is shown, and what they cost.

import type { OverviewData } from '@plantain/client';
import { useFormat } from '../../parts/format/format.ts';
import { useWords } from '../../words/words.ts';
import { useShortFormat } from './short-format.ts';
import { totalsOf } from './totals.ts';
import { silenceOf } from './silence.ts';
import { overviewWords } from './words.ts';

/** Characters of the usual size. */
const roomFor = 8;

export function Figures({ overview }: { overview: OverviewData }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const short = useShortFormat();
  const { now, nodes } = overview;
  const { succeeded, failed, cancelled, ended, costMicroUsd, costEachMicroUsd } = totalsOf(overview.series);
  const share = (count: number) =>
    ended === 0 ? '–' : say('ofEnded', { share: format.percent(count / ended) });
  const live = nodes.filter((node) => silenceOf(node, nodes) === 0);
  const places = live.reduce((sum, { concurrency }) => sum + concurrency, 0);
  const wait = now.oldest_wait_seconds;
  const figures = [
    [
      'waitingNow',
      format.number(now.pending),
      wait > 0
        ? say('oldest', { wait: short.duration(wait) })
        : say(now.pending === 0 ? 'queueEmpty' : 'noneDue'),
    ],
    ['runningNow', format.number(now.running), say('ofPlaces', { count: format.number(places) })],
    ['succeeded', format.number(succeeded), share(succeeded)],
    ['failed', format.number(failed), share(failed)],
    ['cancelled', format.number(cancelled), share(cancelled)],
    [
      'cost',
      short.dollars(costMicroUsd),
      costEachMicroUsd === null ? '–' : say('costEach', { cost: short.dollars(costEachMicroUsd) }),
    ],
  ] as const;
  return (
    <div className="figures-frame">
      <dl className="figures">
        {figures.map(([name, value, more]) => (
          <div key={name} className="card figure">
            <dt>{say(name)}</dt>
            <dd className="figure-value" data-long={value.length > roomFor}>
              {value}
            </dd>
            <dd className="muted">{more}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
