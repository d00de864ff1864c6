// Reasons why tasks failed or were cancelled, in words and with the code of the API.

import type { OverviewData, TaskErrorType } from '@plantain/client';
import { useFormat } from '../../parts/format/format.ts';
import { failureNames } from '../../words/failure-names.ts';
import { useWords } from '../../words/words.ts';
import { overviewWords } from './words.ts';

export function Failures({ failures }: Pick<OverviewData, 'failures'>) {
  const say = useWords(overviewWords);
  const format = useFormat();
  const all = failures.reduce((sum, { count }) => sum + count, 0);
  const max = Math.max(1, ...failures.map(({ count }) => count));
  return (
    <section className="stack">
      <h2>{say('failures')}</h2>
      {failures.length === 0 ? (
        <p className="muted">{say('noFailures')}</p>
      ) : (
        <div className="table-frame failures">
          <table>
            <thead>
              <tr>
                <th scope="col">{say('reason')}</th>
                <th scope="col" className="numeric">
                  {say('count')}
                </th>
                <th scope="col" className="numeric">
                  {say('share')}
                </th>
              </tr>
            </thead>
            <tbody>
              {failures.map(({ type, count }) => (
                <tr key={type}>
                  <th scope="row">
                    <div className="failure">
                      <FailureName type={type} />
                      <div
                        className="meter"
                        data-tone={type === 'cancelled' ? 'warm' : 'bad'}
                        aria-hidden="true"
                      >
                        <div style={{ width: `${(100 * count) / max}%` }} />
                      </div>
                    </div>
                  </th>
                  <td className="numeric">{format.number(count)}</td>
                  <td className="numeric">{format.percent(count / all)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

export function FailureName({ type }: { type: TaskErrorType }) {
  const say = useWords(failureNames);
  return (
    <span className="failure-name">
      {say(type)} <code className="muted">{type}</code>
    </span>
  );
}
