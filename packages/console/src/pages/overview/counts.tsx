// Tables of the overview: what became of the tasks of each model, and why tasks failed.

import type { OverviewData, Percentiles } from '@plantain/client';
import { useFormat } from '../../parts/format.ts';
import { useWords } from '../../words/words.ts';
import { overviewWords } from './words.ts';

export function Models({ overview }: { overview: OverviewData }) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const waiting = new Map(overview.now.models.map(({ model, pending }) => [model, pending]));
  const duration = (percentiles: Percentiles | null, name: keyof Percentiles) =>
    percentiles === null ? '–' : format.duration(percentiles[name]);
  return (
    <section className="stack">
      <h2>{say('models')}</h2>
      <p className="muted">{say('modelsHint')}</p>
      <div className="table-frame" tabIndex={0} role="region" aria-label={say('models')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{say('model')}</th>
              {(['waitingNow', 'succeeded', 'failed', 'cancelled'] as const).map((name) => (
                <th key={name} scope="col" className="numeric">
                  {say(name)}
                </th>
              ))}
              {(['p50', 'p90', 'p99'] as const).map((name) => (
                <th key={name} scope="col" className="numeric">
                  {name}
                </th>
              ))}
              <th scope="col" className="numeric">
                {say('cost')}
              </th>
            </tr>
          </thead>
          <tbody>
            {overview.models.map((model) => (
              <tr key={model.model}>
                <th scope="row">
                  <code>{model.model}</code>
                </th>
                {[waiting.get(model.model) ?? 0, model.succeeded, model.failed, model.cancelled].map(
                  (count, index) => (
                    <td key={['waiting', 'succeeded', 'failed', 'cancelled'][index]} className="numeric">
                      {format.number(count)}
                    </td>
                  ),
                )}
                {(['p50', 'p90', 'p99'] as const).map((name) => (
                  <td key={name} className="numeric">
                    <div>{duration(model.duration_seconds, name)}</div>
                    {model.run_seconds !== null && (
                      <div className="muted">({duration(model.run_seconds, name)})</div>
                    )}
                  </td>
                ))}
                <td className="numeric">{format.dollars(model.cost_micro_usd)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export function Failures({ failures }: Pick<OverviewData, 'failures'>) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const most = Math.max(1, ...failures.map(({ count }) => count));
  return (
    <section className="stack">
      <h2>{say('failures')}</h2>
      {failures.length === 0 ? (
        <p className="muted">{say('noFailures')}</p>
      ) : (
        <div className="table-frame">
          <table>
            <thead>
              <tr>
                <th scope="col">{say('reason')}</th>
                <th scope="col" className="numeric">
                  {say('count')}
                </th>
                <td className="share" />
              </tr>
            </thead>
            <tbody>
              {failures.map(({ type, count }) => (
                <tr key={type}>
                  <th scope="row">
                    <code>{type}</code>
                  </th>
                  <td className="numeric">{format.number(count)}</td>
                  <td aria-hidden="true" className="share">
                    <div className="meter" data-low="true">
                      <div style={{ width: `${(100 * count) / most}%` }} />
                    </div>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
