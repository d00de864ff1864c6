// What is typed and chosen in the form, and the request that it stands for.

import type { ModelData, ModelsData, SubmitBody } from '@plantain/client';
import type { InputPicture } from '../../parts/picture/inputs.ts';
import { createStored } from '../../stored.ts';

export interface Fields {
  prompt: string;
  /** `""` for the server's default. */
  model: string;
  aspectRatio: string;
  imageSize: string;
  /** As it was typed. */
  seed: string;
  /** How many tasks are made at once. */
  count: number;
}

export const emptyFields: Fields = {
  prompt: '',
  model: '',
  aspectRatio: 'auto',
  imageSize: '1K',
  seed: '',
  count: 1,
};

export const draft = createStored<Fields>('plantain.playground.fields.1', emptyFields);

export const counts = [1, 2, 3, 4] as const;
/** What the server takes: 32 bits with a sign. */
const seedLimit = 2 ** 31;

export type Obstacle = 'noPrompt' | 'badSeed' | 'uploading' | 'refusedInput' | 'noEdits' | 'tooManyInputs';

export function chosenModel({ models, default_model }: ModelsData, name: string): ModelData | undefined {
  return (
    models.find((model) => model.name === name) ??
    models.find((model) => model.name === default_model) ??
    models[0]
  );
}

/** The models to choose from, the chosen one in any case: that another stands in for one is nothing to choose. */
export function choosableModels({ models }: ModelsData, chosen: ModelData): ModelData[] {
  return models.filter((model) => model.stand_in === undefined || model === chosen);
}

/** The fields with what the model can do; the choice itself is kept for when another model is chosen. */
export function fitted(fields: Fields, model: ModelData): Fields {
  const { aspectRatio, imageSize } = fields;
  return {
    ...fields,
    model: model.name,
    aspectRatio: model.aspect_ratios.includes(aspectRatio) ? aspectRatio : 'auto',
    imageSize: model.image_sizes.includes(imageSize) ? imageSize : (model.image_sizes[0] ?? '1K'),
  };
}

/** Why nothing can be sent yet. */
export function obstaclesOf(
  { prompt, seed }: Fields,
  inputs: readonly InputPicture[],
  model: ModelData,
): Obstacle[] {
  const obstacles: [Obstacle, boolean][] = [
    ['noPrompt', prompt.trim() === ''],
    ['badSeed', seed.trim() !== '' && readSeed(seed) === undefined],
    ['uploading', inputs.some(({ link, problem }) => link === undefined && problem === undefined)],
    ['refusedInput', inputs.some(({ problem }) => problem !== undefined)],
    ['noEdits', inputs.length > 0 && model.max_inputs === 0],
    ['tooManyInputs', model.max_inputs > 0 && inputs.length > model.max_inputs],
  ];
  return obstacles.filter(([, stands]) => stands).map(([name]) => name);
}

/**
 * One request for each picture. Where a seed was typed, each gets the next one, else one from `drawSeed`, where that is given: requests
 * that are alike would give the same picture.
 */
export function bodiesOf(
  fields: Fields,
  inputs: readonly InputPicture[],
  drawSeed?: () => number,
): SubmitBody[] {
  const { prompt, model, aspectRatio, imageSize, count } = fields;
  const typed = readSeed(fields.seed);
  const links = inputs.map(({ link }) => link).filter((link) => link !== undefined);
  return Array.from({ length: count }, (_, index) => {
    const seed = typed === undefined ? drawSeed?.() : wrapped(typed + index);
    return {
      prompt,
      model,
      aspect_ratio: aspectRatio,
      image_size: imageSize,
      ...(seed === undefined ? {} : { seed }),
      ...(links.length === 0 ? {} : { image_urls: links }),
    };
  });
}

/** The request for the first picture, as it is typed: without a seed of its own where none was. */
export function firstBodyOf(fields: Fields, inputs: readonly InputPicture[]): SubmitBody {
  const [body] = bodiesOf({ ...fields, count: 1 }, inputs);
  if (body === undefined) throw new Error('There is one request for one picture.');
  return body;
}

/** A seed that nobody typed; none below 0, which is easier to write down. */
export function randomSeed(): number {
  const [bits = 0] = crypto.getRandomValues(new Uint32Array(1));
  return bits >>> 1;
}

/** After the largest seed comes the smallest. */
function wrapped(seed: number): number {
  return seed < seedLimit ? seed : seed - 2 * seedLimit;
}

function readSeed(text: string): number | undefined {
  const seed = /^\s*-?\d{1,10}\s*$/.test(text) ? Number(text) : NaN;
  return seed >= -seedLimit && seed < seedLimit ? seed : undefined;
}
