// The fields of a key: for a new one, and for one that is changed.

import type { KeyRole } from '@plantain/client';
import { type FormEvent, useId, useState } from 'react';
import { Problem } from '../../parts/notice/problem.tsx';
import { useWords } from '../../words/words.ts';
import { fromField, toField } from '../../parts/form/time-field.ts';
import { keysWords } from './words.ts';

export interface KeyFields {
  name: string;
  role: KeyRole;
  /** Unix seconds. */
  expiresAt: number | null;
}

const roles = ['user', 'admin'] as const;

export function KeyForm({
  given,
  action,
  onSubmit,
}: {
  /** Without it, the role can be chosen. */
  given?: { name: string; expires_at: string | null };
  action: string;
  onSubmit: (fields: KeyFields) => Promise<void>;
}) {
  const say = useWords(keysWords);
  const [name, setName] = useState(given?.name ?? '');
  const [role, setRole] = useState<KeyRole>('user');
  const [expires, setExpires] = useState(toField(given?.expires_at ?? null));
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const id = useId();

  function submit(event: FormEvent): void {
    event.preventDefault();
    setBusy(true);
    onSubmit({ name: name.trim(), role, expiresAt: fromField(expires) }).catch((failure: unknown) => {
      setError(failure);
      setBusy(false);
    });
  }

  return (
    <form className="stack" onSubmit={submit}>
      <div className="field">
        <label htmlFor={`${id}-name`}>{say('name')}</label>
        <input
          id={`${id}-name`}
          required
          maxLength={100}
          value={name}
          aria-describedby={`${id}-name-hint`}
          onChange={({ target }) => setName(target.value)}
        />
        <span className="hint" id={`${id}-name-hint`}>
          {say('nameHint')}
        </span>
      </div>
      {given === undefined && (
        <div className="field">
          <label htmlFor={`${id}-role`}>{say('role')}</label>
          <select
            id={`${id}-role`}
            value={role}
            aria-describedby={`${id}-role-hint`}
            onChange={({ target }) => setRole(roles.find((each) => each === target.value) ?? role)}
          >
            {roles.map((each) => (
              <option key={each} value={each}>
                {say(`role_${each}`)}
              </option>
            ))}
          </select>
          <span className="hint" id={`${id}-role-hint`}>
            {say('roleHint')}
          </span>
        </div>
      )}
      <div className="field">
        <label htmlFor={`${id}-expires`}>{say('expires')}</label>
        <input
          id={`${id}-expires`}
          type="datetime-local"
          value={expires}
          aria-describedby={`${id}-expires-hint`}
          onChange={({ target }) => setExpires(target.value)}
        />
        <span className="hint" id={`${id}-expires-hint`}>
          {say('expiresHint')}
        </span>
      </div>
      {error !== null && <Problem error={error} isOnce />}
      <div className="row">
        <button type="submit" className="button primary" disabled={busy}>
          {action}
        </button>
      </div>
    </form>
  );
}
