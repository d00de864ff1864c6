// The fields of a budget and of limits, of a key or of an owner.

import { useId } from 'react';
import { Choice } from '../form/choice.tsx';
import { Field } from '../form/field.tsx';
import { Group } from '../form/group.tsx';
import { InputField } from '../form/input-field.tsx';
import { useWords } from '../../words/words.ts';
import { isMoney, type LimitedFields, limitNames, periods } from './fields.ts';
import { limitedWords } from './words.ts';

const finestDollars = '0.000001';

export function LimitedInputs({
  fields,
  onChange,
}: {
  fields: LimitedFields;
  onChange: (fields: LimitedFields) => void;
}) {
  const say = useWords(limitedWords);
  return (
    <>
      <BudgetInputs fields={fields} onChange={onChange} />
      <Group legend={say('limits')} hint={say('limitsHint')}>
        <div className="field-columns">
          {limitNames.map((name) => (
            <InputField
              key={name}
              label={say(`limit_${name}`)}
              member={`limits.${name}`}
              type="number"
              min={0}
              step={isMoney(name) ? finestDollars : 1}
              value={fields.limits[name]}
              onChange={(text) => onChange({ ...fields, limits: { ...fields.limits, [name]: text } })}
            />
          ))}
        </div>
      </Group>
    </>
  );
}

function BudgetInputs({ fields, onChange }: Parameters<typeof LimitedInputs>[0]) {
  const say = useWords(limitedWords);
  const zones = useId();
  return (
    <Group legend={say('budget')}>
      <div className="field-columns">
        <InputField
          label={say('amount')}
          hint={say('amountHint')}
          member="budget.amount_micro_usd"
          type="number"
          min={0}
          step={finestDollars}
          value={fields.amount}
          onChange={(amount) => onChange({ ...fields, amount })}
        />
        <Field label={say('period')} member="budget.period">
          {(names) => (
            <Choice
              {...names}
              value={fields.period}
              options={periods.map((each) => [each, say(`period_${each}`)])}
              onChange={(period) => onChange({ ...fields, period })}
            />
          )}
        </Field>
        {fields.period !== 'total' && (
          <InputField
            label={say('zone')}
            hint={say('zoneHint')}
            member="budget.time_zone"
            list={zones}
            spellCheck={false}
            value={fields.timeZone}
            onChange={(timeZone) => onChange({ ...fields, timeZone })}
          />
        )}
      </div>
      <datalist id={zones}>
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </Group>
  );
}
