// The state of the server: its queue, how tasks ended, how long they took, their cost, and how the upstreams are.

import type { OverviewData } from '@plantain/client';
import { useCallback, useEffect, useState } from 'react';
import { Choice } from '../../parts/form/choice.tsx';
import { Loading } from '../../parts/notice/loading.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { useSession } from '../../session.tsx';
import { useStored } from '../../stored.ts';
import { useLoad } from '../../use-load.ts';
import { pageNames } from '../../words/page-names.ts';
import { useWords } from '../../words/words.ts';
import { Attention } from './attention.tsx';
import { Failures } from './failures.tsx';
import { Figures } from './figures.tsx';
import { Machine } from './machine.tsx';
import { Models } from './models.tsx';
import { Quiet } from './quiet.tsx';
import { chosenRange, queryOf, type Range, ranges } from './ranges.ts';
import { Series } from './series.tsx';
import { totalsOf } from './totals.ts';
import { Upstreams } from './upstreams.tsx';
import { overviewWords } from './words.ts';
import './overview.css';

const everyMs = 10_000;

export default function Overview() {
  const sayPage = useWords(pageNames);
  const range = useStored(chosenRange);
  const { value, error, reload, isOfBefore } = useOverview(range);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{sayPage('overview')}</h1>
        <RangeChoice range={range} />
      </div>
      {error !== undefined && <Problem error={error} onRetry={reload} />}
      {value === undefined && error === undefined && <Loading />}
      {value !== undefined && (
        <div className="page overview" aria-busy={isOfBefore}>
          <Attention disk={value.overview.disk} upstreams={value.upstreams} />
          <Figures overview={value.overview} />
          {isQuiet(value.overview) ? (
            <Quiet range={value.range} />
          ) : (
            <>
              <Series overview={value.overview} range={value.range} />
              <Models overview={value.overview} />
              <Failures failures={value.overview.failures} />
            </>
          )}
          <Upstreams upstreams={value.upstreams} onResumed={reload} />
          <Machine overview={value.overview} />
        </div>
      )}
    </div>
  );
}

function RangeChoice({ range }: { range: Range }) {
  const say = useWords(overviewWords);
  return (
    <label className="range">
      <span>{say('range')}</span>
      <Choice
        value={range}
        options={ranges.map((each) => [each, say(`range_${each}`)])}
        onChange={(chosen) => chosenRange.set(() => chosen)}
      />
    </label>
  );
}

/** Loads the overview. After another time is chosen the last one stays, with `isOfBefore`, until the next is here: the page does not jump. */
function useOverview(range: Range) {
  const { client } = useSession();
  const load = useCallback(
    async (signal: AbortSignal) => {
      const [overview, { upstreams }] = await Promise.all([
        client.admin.overview(queryOf(range, Date.now()), { signal }),
        client.admin.upstreams({ signal }),
      ]);
      return { overview, upstreams, range };
    },
    [client, range],
  );
  const { value, error, reload } = useLoad(load, { everyMs });
  const [before, setBefore] = useState(value);
  useEffect(() => {
    if (value !== undefined) setBefore(value);
  }, [value]);
  // After a failure, numbers of one time would stand under the name of another.
  const shown = value ?? (error === undefined ? before : undefined);
  return { value: shown, error, reload, isOfBefore: shown !== undefined && shown.range !== range };
}

function isQuiet({ now, series }: OverviewData): boolean {
  const { submitted, ended } = totalsOf(series);
  return submitted + ended + now.pending + now.running === 0;
}
