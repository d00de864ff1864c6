import { type ReactNode, useId } from 'react';

/** Attributes that join a control to its label and its hint, for readers of the screen. */
export interface ControlNames {
  id: string;
  'aria-describedby'?: string | undefined;
}

/** A control under its label, with a hint below it where there is one. */
export function Field({
  label,
  hint,
  children: control,
}: {
  label: string;
  hint?: string;
  children: (names: ControlNames) => ReactNode;
}) {
  const id = useId();
  const hintId = hint === undefined ? undefined : `${id}-hint`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {control({ id, 'aria-describedby': hintId })}
      {hint !== undefined && (
        <span className="hint" id={hintId}>
          {hint}
        </span>
      )}
    </div>
  );
}
