import type { ReactNode } from 'react';
import { Fault, useFaults } from './faults.tsx';
import { Group } from './group.tsx';

type Option<Value> = readonly [value: Value, text: ReactNode];

/** Values of which any number is chosen; they keep the order of the options. */
export function Checks<Value extends string>({
  legend,
  hint,
  member,
  options,
  chosen,
  isNarrow = false,
  onChange,
}: {
  legend: string;
  hint?: string;
  /** Member of the request that it fills. */
  member?: string;
  options: readonly Option<Value>[];
  chosen: readonly Value[];
  /** Whether the texts are short enough for columns. */
  isNarrow?: boolean;
  onChange: (chosen: Value[]) => void;
}) {
  const fault = useFaults(member);
  const change = (value: Value, isChosen: boolean) =>
    onChange(
      options.map(([each]) => each).filter((each) => (each === value ? isChosen : chosen.includes(each))),
    );
  return (
    <Group legend={legend} {...(hint === undefined ? {} : { hint })}>
      <div className={isNarrow ? 'checks narrow' : 'checks'}>
        {options.map(([value, text]) => (
          <label key={value} className="row">
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={({ target }) => change(value, target.checked)}
            />
            <span>{text}</span>
          </label>
        ))}
      </div>
      <Fault text={fault} />
    </Group>
  );
}
