// A field for words to search for.

import { Icon } from '../icon.tsx';
import './search-field.css';

export function SearchField({
  label,
  hint,
  value,
  maxLength,
  onChange,
}: {
  label: string;
  /** Shown while nothing is typed: the facts that are searched. */
  hint: string;
  value: string;
  maxLength?: number;
  onChange: (text: string) => void;
}) {
  return (
    <div className="search-field">
      <Icon name="search" />
      <input
        type="search"
        value={value}
        maxLength={maxLength}
        spellCheck={false}
        autoComplete="off"
        aria-label={label}
        placeholder={hint}
        onChange={({ target }) => onChange(target.value)}
      />
    </div>
  );
}
