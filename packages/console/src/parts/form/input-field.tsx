import type { ComponentProps } from 'react';
import { Field } from './field.tsx';

/** A field of text, or of another type that a browser writes as text. */
export function InputField({
  label,
  hint,
  member,
  onChange,
  ...rest
}: Omit<ComponentProps<'input'>, 'onChange'> & {
  label: string;
  hint?: string;
  /** Member of the request that it fills. */
  member?: string;
  value: string;
  onChange: (text: string) => void;
}) {
  return (
    <Field label={label} member={member} {...(hint === undefined ? {} : { hint })}>
      {(names) => <input {...rest} {...names} onChange={({ target }) => onChange(target.value)} />}
    </Field>
  );
}
