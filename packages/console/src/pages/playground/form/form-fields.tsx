// Fields of the form that are typed or chosen from a list, each with its label and a hint.

import type { ModelData } from '@plantain/client';
import { type RefObject, useId } from 'react';
import { taskFacts } from '../../../words/task-facts.ts';
import { useWords } from '../../../words/words.ts';
import { playgroundWords } from '../words.ts';

export function Prompt({
  field,
  value,
  onChange,
}: {
  field: RefObject<HTMLTextAreaElement | null>;
  value: string;
  onChange: (text: string) => void;
}) {
  const say = useWords(taskFacts);
  const sayHere = useWords(playgroundWords);
  const id = useId();
  const hint = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{say('prompt')}</label>
      <textarea
        ref={field}
        id={id}
        rows={5}
        value={value}
        aria-describedby={hint}
        onChange={({ target }) => onChange(target.value)}
      />
      <p id={hint} className="hint prompt-hint">
        <span>{sayHere('promptHint')}</span>
        <span>{sayHere('sendHint')}</span>
      </p>
    </div>
  );
}

export function ModelChoice({
  models,
  model,
  onChange,
}: {
  models: readonly ModelData[];
  model: ModelData;
  onChange: (name: string) => void;
}) {
  const say = useWords(taskFacts);
  const sayHere = useWords(playgroundWords);
  const id = useId();
  const hint = useId();
  const can = {
    sizes: model.image_sizes.join(' '),
    ratios: model.aspect_ratios.length,
    inputs: model.max_inputs,
  };
  return (
    <div className="field">
      <label htmlFor={id}>{say('model')}</label>
      <select
        id={id}
        value={model.name}
        aria-describedby={hint}
        onChange={({ target }) => onChange(target.value)}
      >
        {models.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <p id={hint} className="hint">
        {sayHere(model.max_inputs === 0 ? 'modelCanNoEdits' : 'modelCan', can)}
      </p>
    </div>
  );
}

export function Seed({
  value,
  model,
  isBad,
  onChange,
}: {
  value: string;
  model: ModelData;
  isBad: boolean;
  onChange: (seed: string) => void;
}) {
  const say = useWords(playgroundWords);
  const id = useId();
  const hint = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{say('seed')}</label>
      <input
        id={id}
        inputMode="numeric"
        autoComplete="off"
        placeholder={model.takes_seed ? say('seedRandom') : undefined}
        value={value}
        aria-invalid={isBad}
        aria-describedby={hint}
        onChange={({ target }) => onChange(target.value)}
      />
      <p id={hint} className="hint">
        {say(model.takes_seed ? 'seedHint' : 'seedUnsure', { model: model.name })}
      </p>
    </div>
  );
}
