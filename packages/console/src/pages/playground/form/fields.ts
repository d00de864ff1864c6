// The content of the form, and the requests that it makes.

import type { ModelData, ModelsData, SubmitBody } from '@plantain/client';
import type { InputPicture } from '../../../parts/picture/inputs.ts';
import { createStored } from '../../../stored.ts';

export interface Fields {
  prompt: string;
  /** `""` for the server's default. */
  model: string;
  aspectRatio: string;
  imageSize: string;
  /** Seed as it was typed. */
  seed: string;
  /** How many tasks are made at once. */
  count: number;
  /** Members that the form has no field for, of a request that it was filled from. */
  others?: Others;
}

/** A mask goes only with pictures. */
export type Others = Pick<SubmitBody, 'mask' | 'quality' | 'background' | 'moderation'>;

export function othersOf({ mask, quality, background, moderation }: SubmitBody): Others {
  return {
    ...(mask === undefined ? {} : { mask }),
    ...(quality === undefined ? {} : { quality }),
    ...(background === undefined ? {} : { background }),
    ...(moderation === undefined ? {} : { moderation }),
  };
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
/** Seeds are signed integers of 32 bits. */
const seedLimit = 2 ** 31;

export type Obstacle = 'noPrompt' | 'badSeed' | 'uploading' | 'refusedInput' | 'noEdits' | 'tooManyInputs';

export function chosenModel({ models, default_model }: ModelsData, name: string): ModelData | undefined {
  return (
    models.find((model) => model.name === name) ??
    models.find((model) => model.name === default_model) ??
    models[0]
  );
}

/** Models to choose from: those that are served by another model are left out, unless chosen. */
export function choosableModels({ models }: ModelsData, chosen: ModelData): ModelData[] {
  return models.filter((model) => model.stand_in === undefined || model === chosen);
}

/** Replaces choices that the model does not support. The form keeps the original ones, for when another model is chosen. */
export function fitted(fields: Fields, model: ModelData): Fields {
  const { aspectRatio, imageSize } = fields;
  return {
    ...fields,
    model: model.name,
    aspectRatio: model.aspect_ratios.includes(aspectRatio) ? aspectRatio : 'auto',
    imageSize: model.image_sizes.includes(imageSize) ? imageSize : (model.image_sizes[0] ?? '1K'),
  };
}

/** Reasons for which nothing can be sent yet. */
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
 * Makes one request for each picture. Each has a seed of its own, since equal requests would give the same picture: counted up from the
 * typed one, or else drawn by `drawSeed`, where that is given.
 */
export function bodiesOf(
  fields: Fields,
  inputs: readonly InputPicture[],
  drawSeed?: () => number,
): SubmitBody[] {
  const { prompt, model, aspectRatio, imageSize, count } = fields;
  const typed = readSeed(fields.seed);
  const links = inputs.map(({ link }) => link).filter((link) => link !== undefined);
  const { mask, ...others } = fields.others ?? {};
  return Array.from({ length: count }, (_, index) => {
    const seed = typed === undefined ? drawSeed?.() : wrapped(typed + index);
    return {
      prompt,
      model,
      aspect_ratio: aspectRatio,
      image_size: imageSize,
      ...(seed === undefined ? {} : { seed }),
      ...(links.length === 0 ? {} : { image_urls: links }),
      ...(links.length === 0 || mask === undefined ? {} : { mask }),
      ...others,
    };
  });
}

/** Makes the request for the first picture, without a seed where none was typed. */
export function firstBodyOf(fields: Fields, inputs: readonly InputPicture[]): SubmitBody {
  const [body] = bodiesOf({ ...fields, count: 1 }, inputs);
  if (body === undefined) throw new Error('There is one request for one picture.');
  return body;
}

/** Draws a seed of 0 or more, which is easier to write down than one with a sign. */
export function randomSeed(): number {
  const [bits = 0] = crypto.getRandomValues(new Uint32Array(1));
  return bits >>> 1;
}

/** Continues with the smallest seed after the largest. */
function wrapped(seed: number): number {
  return seed < seedLimit ? seed : seed - 2 * seedLimit;
}

function readSeed(text: string): number | undefined {
  const seed = /^\s*-?\d{1,10}\s*$/.test(text) ? Number(text) : NaN;
  return seed >= -seedLimit && seed < seedLimit ? seed : undefined;
}
