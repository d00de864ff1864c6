// The four plots. All have the same steps, so that a moment that is chosen in one is chosen in all.

import type { OverviewData } from '@plantain/client';
import { useMemo, useState } from 'react';
import { useFormat } from '../../parts/format/format.ts';
import { Plot } from '../../parts/plot/plot.tsx';
import { useWords } from '../../words/words.ts';
import { plotsOf } from './plots.ts';
import type { Range } from './ranges.ts';
import { useShortFormat } from './short-format.ts';
import { overviewWords } from './words.ts';

export function Series({ overview, range }: { overview: OverviewData; range: Range }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const short = useShortFormat();
  const [moment, setMoment] = useState<number | null>(null);
  const plots = useMemo(
    () => plotsOf(overview, range, { say, format, short }),
    [overview, range, say, format, short],
  );
  return (
    <div className="halves">
      {plots.map((plot) => (
        <Plot
          key={plot.name}
          hint={say('each', { step: short.step(overview.step) })}
          {...plot}
          title={say(plot.name)}
          momentLabel={say('moment')}
          timeLabel={say('time')}
          tableLabel={say('asTable')}
          moment={moment}
          onMoment={setMoment}
        />
      ))}
    </div>
  );
}
