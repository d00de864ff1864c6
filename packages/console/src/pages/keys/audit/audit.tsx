// The audit log: who did what, newest first.

import type { AuditAct, AuditData, AuditEntryData } from '@plantain/client';
import { useCallback } from 'react';
import { Choice } from '../../../parts/form/choice.tsx';
import { Field } from '../../../parts/form/field.tsx';
import { InputField } from '../../../parts/form/input-field.tsx';
import { fromField } from '../../../parts/form/time-field.ts';
import { Icon } from '../../../parts/icon.tsx';
import { Loading } from '../../../parts/notice/loading.tsx';
import { Problem } from '../../../parts/notice/problem.tsx';
import { useSession } from '../../../session.tsx';
import { createStored, useStoredState } from '../../../stored.ts';
import { usePages } from '../../../use-pages.ts';
import { controlWords } from '../../../words/controls.ts';
import { pageNames } from '../../../words/page-names.ts';
import { useWords } from '../../../words/words.ts';
import { KeysTabs } from '../tabs.tsx';
import { AuditList } from './audit-list.tsx';
import { actWords, auditWords } from './words.ts';
import '../keys.css';

/** Empty texts stand for all; times are as a field of the browser holds them. */
interface Fields {
  act: AuditAct | '';
  who: string;
  subject: string;
  from: string;
  to: string;
}

const all: Fields = { act: '', who: '', subject: '', from: '', to: '' };
const storedFields = createStored('plantain.audit.filter.1', all);
const acts = Object.keys(actWords.en) as AuditAct[];
const entriesOf = ({ entries }: AuditData): AuditEntryData[] => entries;

export default function Audit() {
  const say = useWords(auditWords);
  const sayPage = useWords(pageNames);
  const sayControl = useWords(controlWords);
  const [fields, setFields] = useStoredState(storedFields);
  const { value, error, reload, more } = useAudit(fields);
  const isFiltered = Object.values(fields).some((text) => text.trim() !== '');
  return (
    <div className="page">
      <div className="page-head">
        <h1>{sayPage('audit')}</h1>
        <button type="button" className="button" onClick={reload}>
          <Icon name="retry" />
          {say('refresh')}
        </button>
      </div>
      <KeysTabs />
      <p className="muted">{say('intro')}</p>
      <Filters fields={fields} onChange={setFields} />
      {error !== undefined && <Problem error={error} onRetry={reload} />}
      {value === undefined && error === undefined && <Loading />}
      {value?.items.length === 0 && <p className="muted">{say(isFiltered ? 'noMatch' : 'none')}</p>}
      {value !== undefined && <AuditList entries={value.items} />}
      {value?.isComplete === false && (
        <div className="row">
          <button type="button" className="button" onClick={more}>
            {sayControl('more')}
          </button>
        </div>
      )}
    </div>
  );
}

function useAudit({ act, who, subject, from, to }: Fields) {
  const { client } = useSession();
  const open = useCallback(
    (signal: AbortSignal) => {
      const filter = {
        ...(act !== '' && { act }),
        ...(who.trim() !== '' && { who: who.trim() }),
        ...(subject.trim() !== '' && { subject: subject.trim() }),
        from: fromField(from) ?? undefined,
        to: fromField(to) ?? undefined,
      };
      return client.admin.audit(filter, { signal }).pages();
    },
    [client, act, who, subject, from, to],
  );
  return usePages(open, entriesOf);
}

function Filters({ fields, onChange }: { fields: Fields; onChange: (fields: Fields) => void }) {
  const say = useWords(auditWords);
  const sayAct = useWords(actWords);
  const texts = ['who', 'subject'] as const;
  const times = ['from', 'to'] as const;
  return (
    <search className="field-columns audit-filters">
      <Field label={say('act')}>
        {(names) => (
          <Choice
            {...names}
            value={fields.act}
            options={[['', say('anyAct')], ...acts.map((each) => [each, sayAct(each)] as const)]}
            onChange={(act) => onChange({ ...fields, act })}
          />
        )}
      </Field>
      {texts.map((name) => (
        <InputField
          key={name}
          label={say(name)}
          hint={say(`${name}Hint`)}
          maxLength={200}
          spellCheck={false}
          value={fields[name]}
          onChange={(text) => onChange({ ...fields, [name]: text })}
        />
      ))}
      {times.map((name) => (
        <InputField
          key={name}
          label={say(name)}
          type="datetime-local"
          value={fields[name]}
          onChange={(text) => onChange({ ...fields, [name]: text })}
        />
      ))}
    </search>
  );
}
