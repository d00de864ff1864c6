// The form of a request: prompt, input pictures, model, shape, number and seed.

import type { ModelData, ModelsData } from '@plantain/client';
import { type RefObject, useId, useState } from 'react';
import { type InputPicture, inputPictures } from '../../../parts/picture/inputs.ts';
import { useStored } from '../../../stored.ts';
import { useWords } from '../../../words/words.ts';
import {
  choosableModels,
  chosenModel,
  counts,
  draft,
  type Fields,
  firstBodyOf,
  fitted,
  obstaclesOf,
} from './fields.ts';
import { FormButtons } from './form-buttons.tsx';
import { ModelChoice, Prompt, Seed } from './form-fields.tsx';
import { InputPictures } from '../inputs/input-pictures.tsx';
import { OthersNotice } from './others-notice.tsx';
import { RepeatNotice } from './repeat-notice.tsx';
import { Choices, RatioChoice, SizeChoice } from './shapes.tsx';
import { useGenerate } from './use-generate.ts';
import { playgroundWords } from '../words.ts';

type PromptField = RefObject<HTMLTextAreaElement | null>;

/** Form for the chosen model. `prompt` gets the focus whenever the form is filled from elsewhere. */
export function Form({ models, prompt }: { models: ModelsData; prompt: PromptField }) {
  const typed = useStored(draft);
  const inputs = useStored(inputPictures);
  const model = chosenModel(models, typed.model);
  if (model === undefined) return null;
  const fields = fitted(typed, model);
  const parts = { typed, fields, inputs, model, models: choosableModels(models, model), prompt };
  return <FormOf {...parts} />;
}

interface FormParts {
  /** Fields as they were typed and chosen; `fields` are those that the model supports. */
  typed: Fields;
  fields: Fields;
  inputs: readonly InputPicture[];
  model: ModelData;
  models: readonly ModelData[];
  prompt: PromptField;
}

const set = (change: Partial<Fields>) => draft.set((last) => ({ ...last, ...change }));

function FormOf({ typed, fields, inputs, model, models, prompt }: FormParts) {
  const say = useWords(playgroundWords);
  const [tried, setTried] = useState(false);
  const obstacleList = useId();
  const obstacles = obstaclesOf(fields, inputs, model);
  // A missing prompt is pointed out when somebody wants to send.
  const shown = obstacles.filter((obstacle) => tried || obstacle !== 'noPrompt');
  const { generate, repeat } = useGenerate({ typed, fields, inputs, model });
  const send = () => {
    setTried(obstacles.length > 0);
    if (obstacles.length === 0) generate();
    else prompt.current?.focus();
  };

  return (
    <>
      <form
        className="card playground-form"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          send();
        }}
      >
        <Prompt field={prompt} value={fields.prompt} onChange={(text) => set({ prompt: text })} />
        <div>
          <div id={obstacleList} className="obstacles" role="status">
            {shown.map((obstacle) => (
              <p key={obstacle} className="obstacle">
                {say(obstacle, { model: model.name, most: model.max_inputs, count: inputs.length })}
              </p>
            ))}
            {repeat !== undefined && <RepeatNotice repeat={repeat} />}
          </div>
          <FormButtons
            count={fields.count}
            describedBy={obstacleList}
            bodyOf={() => firstBodyOf(fields, inputs)}
            onRefilled={() => prompt.current?.focus()}
          />
        </div>
        <InputPictures />
        <ModelChoice models={models} model={model} onChange={(name) => set({ model: name })} />
        <Shape fields={fields} model={model} />
        <Seed
          value={fields.seed}
          model={model}
          isBad={obstacles.includes('badSeed')}
          onChange={(seed) => set({ seed })}
        />
        <OthersNotice others={fields.others ?? {}} onLeave={() => set({ others: {} })} />
      </form>
    </>
  );
}

function Shape({ fields, model }: Pick<FormParts, 'fields' | 'model'>) {
  const say = useWords(playgroundWords);
  return (
    <>
      <RatioChoice
        ratios={model.aspect_ratios}
        value={fields.aspectRatio}
        onChange={(aspectRatio) => set({ aspectRatio })}
      />
      <SizeChoice
        sizes={model.image_sizes}
        value={fields.imageSize}
        onChange={(imageSize) => set({ imageSize })}
      />
      <Choices
        legend={say('count')}
        options={counts.map(String)}
        value={String(fields.count)}
        onChange={(count) => set({ count: Number(count) })}
      >
        {(count) => count}
      </Choices>
    </>
  );
}
