// Acts, each with who did it to what, and what it changed.

import type { AuditEntryData } from '@plantain/client';
import { Fact, Facts } from '../../../parts/facts/facts.tsx';
import { useFormat } from '../../../parts/format/format.ts';
import { useWords } from '../../../words/words.ts';
import { changesOf, shownValue } from './changes.ts';
import { actWords, auditWords } from './words.ts';

export function AuditList({ entries }: { entries: readonly AuditEntryData[] }) {
  // Entries have no id; counted from the oldest, one keeps its place when newer ones come.
  const keyOf = (entry: AuditEntryData, index: number) => `${entry.at} ${entries.length - index}`;
  return (
    <ul className="keys">
      {entries.map((entry, index) => (
        <li key={keyOf(entry, index)} className="card stack">
          <Entry entry={entry} />
        </li>
      ))}
    </ul>
  );
}

function Entry({ entry }: { entry: AuditEntryData }) {
  const say = useWords(auditWords);
  const sayAct = useWords(actWords);
  const format = useFormat();
  const { act, at, who, who_name: name, subject, address, request_id: request } = entry;
  return (
    <>
      <div className="page-head">
        <h2>{sayAct(act)}</h2>
        <time className="muted" dateTime={new Date(Number(at) * 1000).toISOString()}>
          {format.time(at)}
        </time>
      </div>
      <Facts>
        <Fact name={say('by')}>
          {name} <code>{who}</code>
        </Fact>
        {subject !== null && (
          <Fact name={say('on')}>
            <code>{subject}</code>
          </Fact>
        )}
        {address !== null && <Fact name={say('address')}>{address}</Fact>}
        {request !== null && (
          <Fact name={say('request')}>
            <code>{request}</code>
          </Fact>
        )}
      </Facts>
      <Changes of={entry} />
    </>
  );
}

function Changes({ of: entry }: { of: AuditEntryData }) {
  const say = useWords(auditWords);
  const format = useFormat();
  const changes = changesOf(entry);
  if (changes.length === 0) return null;
  const words = { empty: say('empty'), yes: say('yes'), no: say('no') };
  const heads = (['member', 'before', 'after'] as const).filter(
    (name) => name === 'member' || entry[name] !== null,
  );
  return (
    <div className="table-frame audit-changes">
      <table>
        <thead>
          <tr>
            {heads.map((name) => (
              <th key={name} scope="col">
                {say(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {changes.map((change) => (
            <tr key={change.member}>
              <th scope="row">
                <code>{change.member}</code>
              </th>
              {heads.map(
                (name) =>
                  name !== 'member' && (
                    <td key={name}>{shownValue(change.member, change[name], { format, words })}</td>
                  ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
