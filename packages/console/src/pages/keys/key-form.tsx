// The fields of a key: for a new one, and for one that is changed.

import type { KeyData } from '@plantain/client';
import { useState } from 'react';
import { Checks } from '../../parts/form/checks.tsx';
import { Choice } from '../../parts/form/choice.tsx';
import { Field } from '../../parts/form/field.tsx';
import { Form } from '../../parts/form/form.tsx';
import { InputField } from '../../parts/form/input-field.tsx';
import { LimitedInputs } from '../../parts/limited/limited-inputs.tsx';
import { useWords } from '../../words/words.ts';
import { type KeyFields, scopes, toKeyFields } from './key-fields.ts';
import type { KeyChoices } from './use-key-choices.ts';
import { keysWords } from './words.ts';

interface Inputs {
  fields: KeyFields;
  choices: KeyChoices;
  change: (changed: Partial<KeyFields>) => void;
}

export function KeyForm({
  given,
  choices,
  action,
  onSubmit,
}: {
  /** Key to be changed; absent for a new one. */
  given?: KeyData;
  choices: KeyChoices;
  action: string;
  onSubmit: (fields: KeyFields, before: KeyFields) => Promise<void>;
}) {
  const say = useWords(keysWords);
  const [before] = useState(() => toKeyFields(given));
  const [fields, setFields] = useState(before);
  const change = (changed: Partial<KeyFields>) => setFields({ ...fields, ...changed });
  async function submit(): Promise<void> {
    if (fields.scopes.length === 0) throw new Error(say('scopesNone'));
    await onSubmit(fields, before);
  }
  return (
    <Form action={action} onSubmit={submit}>
      <InputField
        label={say('name')}
        hint={say('nameHint')}
        member="name"
        required
        maxLength={100}
        value={fields.name}
        onChange={(name) => change({ name })}
      />
      <OwnerChoice fields={fields} choices={choices} change={change} />
      <InputField
        label={say('expires')}
        hint={say('expiresHint')}
        member="expires_at"
        type="datetime-local"
        value={fields.expires}
        onChange={(expires) => change({ expires })}
      />
      <Rights fields={fields} choices={choices} change={change} />
      <LimitedInputs fields={fields.limited} onChange={(limited) => change({ limited })} />
    </Form>
  );
}

function OwnerChoice({ fields, choices, change }: Inputs) {
  const say = useWords(keysWords);
  const known = choices.owners.map(({ owner_id: id, name }) => [id, name] as const);
  const isKnown = fields.owner === '' || known.some(([id]) => id === fields.owner);
  return (
    <Field label={say('owner')} hint={say('ownerHint')} member="owner_id">
      {(names) => (
        <Choice
          {...names}
          value={fields.owner}
          options={[
            ['', say('ownOwner')],
            ...known,
            ...(isKnown ? [] : [[fields.owner, fields.owner] as const]),
          ]}
          onChange={(owner) => change({ owner })}
        />
      )}
    </Field>
  );
}

function Rights({ fields, choices, change }: Inputs) {
  const say = useWords(keysWords);
  const models = [...new Set([...choices.models, ...fields.models])];
  return (
    <>
      <Checks
        legend={say('scopes')}
        hint={say('scopesHint')}
        member="scopes"
        options={scopes.map((scope) => [
          scope,
          <>
            <code>{scope}</code> {say(`scope_${scope}`)}
          </>,
        ])}
        chosen={fields.scopes}
        onChange={(chosen) => change({ scopes: chosen })}
      />
      <Checks
        legend={say('models')}
        hint={say('modelsHint')}
        member="models"
        isNarrow
        options={models.map((name) => [name, <code key={name}>{name}</code>])}
        chosen={fields.models}
        onChange={(chosen) => change({ models: chosen })}
      />
      <div className="field-columns">
        <InputField
          label={say('networks')}
          hint={say('networksHint')}
          member="networks"
          spellCheck={false}
          placeholder="10.0.0.0/8, 192.0.2.7"
          value={fields.networks}
          onChange={(networks) => change({ networks })}
        />
        <InputField
          label={say('priority')}
          hint={say('priorityHint')}
          member="priority_max"
          type="number"
          required
          min={0}
          max={100}
          step={1}
          value={fields.priorityMax}
          onChange={(priorityMax) => change({ priorityMax })}
        />
      </div>
    </>
  );
}
