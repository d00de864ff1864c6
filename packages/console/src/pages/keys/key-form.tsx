// The fields of a key: for a new one, and for one that is changed.

import type { KeyRole } from '@plantain/client';
import { useState } from 'react';
import { Choice } from '../../parts/form/choice.tsx';
import { Field } from '../../parts/form/field.tsx';
import { Form } from '../../parts/form/form.tsx';
import { InputField } from '../../parts/form/input-field.tsx';
import { fromField, toField } from '../../parts/form/time-field.ts';
import { useWords } from '../../words/words.ts';
import { keysWords } from './words.ts';

export interface KeyFields {
  name: string;
  role: KeyRole;
  /** Unix seconds. */
  expiresAt: number | null;
}

const roles = ['user', 'admin'] as const satisfies readonly KeyRole[];

export function KeyForm({
  given,
  action,
  onSubmit,
}: {
  /** Key to be changed; without it, the role can be chosen. */
  given?: { name: string; expires_at: string | null };
  action: string;
  onSubmit: (fields: KeyFields) => Promise<void>;
}) {
  const say = useWords(keysWords);
  const [name, setName] = useState(given?.name ?? '');
  const [role, setRole] = useState<KeyRole>('user');
  const [expires, setExpires] = useState(toField(given?.expires_at ?? null));
  return (
    <Form
      action={action}
      onSubmit={() => onSubmit({ name: name.trim(), role, expiresAt: fromField(expires) })}
    >
      <InputField
        label={say('name')}
        hint={say('nameHint')}
        required
        maxLength={100}
        value={name}
        onChange={setName}
      />
      {given === undefined && (
        <Field label={say('role')} hint={say('roleHint')}>
          {(names) => (
            <Choice
              {...names}
              value={role}
              options={roles.map((each) => [each, say(`role_${each}`)])}
              onChange={setRole}
            />
          )}
        </Field>
      )}
      <InputField
        label={say('expires')}
        hint={say('expiresHint')}
        type="datetime-local"
        value={expires}
        onChange={setExpires}
      />
    </Form>
  );
}
