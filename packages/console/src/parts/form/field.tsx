import { type ReactNode, useId } from 'react';
import { Fault, useFaults } from './faults.tsx';

/** Attributes that join a control to its label and its hint, for readers of the screen. */
export interface ControlNames {
  id: string;
  'aria-describedby'?: string | undefined;
  'aria-invalid'?: true | undefined;
}

/** A control under its label, with a hint below it where there is one, and what the server found wrong with it. */
export function Field({
  label,
  hint,
  member,
  children: control,
}: {
  label: string;
  hint?: string;
  /** Member of the request that it fills. */
  member?: string | undefined;
  children: (names: ControlNames) => ReactNode;
}) {
  const id = useId();
  const fault = useFaults(member);
  const described = [hint !== undefined && `${id}-hint`, fault !== '' && `${id}-fault`].filter(Boolean);
  const names = {
    id,
    'aria-describedby': described.length === 0 ? undefined : described.join(' '),
    'aria-invalid': fault === '' ? undefined : (true as const),
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {control(names)}
      {hint !== undefined && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      <Fault text={fault} id={`${id}-fault`} />
    </div>
  );
}
