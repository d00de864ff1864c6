// A table of the models: how their tasks ended, how long they took, and their cost.

import type { OverviewData, Percentiles } from '@plantain/client';
import { useFormat } from '../../parts/format/format.ts';
import { useWords } from '../../words/words.ts';
import { type ModelRow, modelRows } from './model-rows.ts';
import { useShortFormat } from './short-format.ts';
import { overviewWords } from './words.ts';

const counts = [
  ['waitingNow', 'waiting'],
  ['runningNow', 'running'],
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
] as const;
const waits = [
  ['waited50', 'p50'],
  ['waited99', 'p99'],
] as const;
const percentiles = ['p50', 'p90', 'p99'] as const;

export function Models({ overview }: { overview: OverviewData }) {
  const say = useWords(overviewWords);
  return (
    <section className="stack">
      <h2>{say('models')}</h2>
      <p className="muted">{say('modelsHint')}</p>
      <div className="table-frame models" tabIndex={0} role="region" aria-label={say('models')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{say('model')}</th>
              {[
                ...counts.map(([name]) => name),
                ...percentiles,
                ...waits.map(([name]) => name),
                'cost' as const,
              ].map((name) => (
                <th key={name} scope="col" className="numeric">
                  {say(name)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {modelRows(overview).map((row) => (
              <Row key={row.model} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ row }: { row: ModelRow }) {
  const format = useFormat();
  const short = useShortFormat();
  const duration = (of: Percentiles | null, name: keyof Percentiles) =>
    of === null ? '–' : short.duration(of[name]);
  return (
    <tr>
      <th scope="row">
        <code>{row.model}</code>
      </th>
      {counts.map(([name, member]) => (
        <td key={name} className="numeric">
          {format.number(row[member])}
        </td>
      ))}
      {percentiles.map((name) => (
        <td key={name} className="numeric">
          <div>{duration(row.duration_seconds, name)}</div>
          {row.run_seconds !== null && <div className="muted">({duration(row.run_seconds, name)})</div>}
        </td>
      ))}
      {waits.map(([name, percentile]) => (
        <td key={name} className="numeric">
          {duration(row.dwell_seconds, percentile)}
        </td>
      ))}
      <td className="numeric">{short.dollars(row.cost_micro_usd)}</td>
    </tr>
  );
}
