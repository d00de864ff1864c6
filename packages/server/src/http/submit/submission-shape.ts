// The shape of the picture that a submit asks for. Clients of other APIs write ratios, pixels and sizes into each of three members,
// so each is read for all of them; where two say different things one rule decides, and a warning tells.

import { nearestRatio, nearestSize, ratioValue } from '../../core/models/capabilities.ts';
import type { Fault } from '../../core/errors.ts';
import type { Model, NamedModel } from '../../core/models/models.ts';
import type { ImageSize } from '../../core/tasks/task.ts';
import { readSizeWord, type SizeWord } from './picture-size.ts';
import { sentName, type Values } from './submission-members.ts';

interface Said<Value> {
  /** The member, as the client calls it. */
  path: string;
  value: Value;
}

export interface Shape {
  aspectRatio: string;
  imageSize: ImageSize;
}

/** Adds to `faults` and `warnings`. Without a model nothing can be said but that a word can't be read. */
export function readShape(
  values: Values,
  named: NamedModel | undefined,
  faults: Fault[],
  warnings: string[],
): Shape {
  const ofSize = wordOf('size', values);
  if (ofSize?.value === null)
    faults.push({
      path: ofSize.path,
      message: 'must be auto, a ratio such as 3:4 or 3x4, a size such as 2K, or pixels such as 1024x1536',
    });
  if (named === undefined) return { aspectRatio: 'auto', imageSize: '1K' };
  const { model } = named;
  const ofRatio = wordOf('aspect_ratio', values);
  const ofImageSize = wordOf('image_size', values);
  if (ofRatio && !isRatioOf(model, ofRatio.value))
    faults.push({
      path: ofRatio.path,
      message: `must be auto or one that ${model.name} takes: ${model.ratios.join(' ')}`,
    });
  if (ofImageSize?.value === null) refuseSize(ofImageSize.path, model, faults, warnings);
  const toRatios = (said: SaidWord | undefined) => ratioOf(said, model);
  const aspectRatio = pick([ofRatio, ofSize, ofImageSize].flatMap(toRatios), 'ratio', warnings);
  const sizes = [ofImageSize, ofSize, ofRatio].flatMap(sizeOf);
  if (named.imageSize !== undefined) sizes.push({ path: 'model', value: named.imageSize, isNear: true });
  const imageSize = pick(sizes, 'size', warnings);
  return {
    aspectRatio: aspectRatio?.value ?? 'auto',
    imageSize: takenSize(imageSize, model, faults, warnings),
  };
}

type Member = 'aspect_ratio' | 'image_size' | 'size';

type SaidWord = Said<SizeWord | null> & { member: Member };

function wordOf(member: Member, values: Values): SaidWord | undefined {
  const text = values[member];
  if (text === undefined || text.trim() === '') return undefined;
  return { member, path: sentName(values, member), value: readSizeWord(text) };
}

/** Where a ratio is asked for by name, the model has to have it; of pixels the nearest ratio is taken. */
function isRatioOf({ ratios }: Model, word: SizeWord | null): boolean {
  if (word === null) return false;
  return word.kind !== 'ratio' || ratios.some((ratio) => Math.abs(ratioValue(ratio) - word.ratio) < 1e-9);
}

function ratioOf(said: SaidWord | undefined, { ratios }: Model): Said<string>[] {
  const { member, path = '', value: word } = said ?? {};
  if (word?.kind === 'ratio' || word?.kind === 'pixels')
    return [{ path, value: nearestRatio(word.ratio, ratios) }];
  // Of `image_size` it is the size that the model is free to choose.
  return word?.kind === 'auto' && member !== 'image_size' ? [{ path, value: 'auto' }] : [];
}

/** `isNear`: the nearest size that there is will do. */
type SaidSize = Said<ImageSize> & { isNear: boolean };

function sizeOf(said: Said<SizeWord | null> | undefined): SaidSize[] {
  const word = said?.value;
  if (said === undefined || (word?.kind !== 'class' && word?.kind !== 'pixels')) return [];
  return [{ path: said.path, value: word.imageSize, isNear: word.kind === 'pixels' }];
}

/** The first counts. */
function pick<Each extends Said<string>>(
  said: readonly Each[],
  what: 'ratio' | 'size',
  warnings: string[],
): Each | undefined {
  const [first, ...others] = said;
  for (const { path, value } of others)
    if (first !== undefined && value !== first.value)
      warnings.push(`${path}: its ${what} ${value} is ignored, as ${first.path} says ${first.value}`);
  return first;
}

function takenSize(
  asked: SaidSize | undefined,
  model: Model,
  faults: Fault[],
  warnings: string[],
): ImageSize {
  const { name, sizes } = model;
  const [smallest = '1K'] = sizes;
  if (asked === undefined) return sizes.includes('1K') ? '1K' : smallest;
  const { path, value, isNear } = asked;
  if (sizes.includes(value)) return value;
  const near = nearestSize(value, sizes);
  // One size only, or the tier that the models of today have lost: the picture is made all the same.
  if (sizes.length === 1 || value === '512' || isNear)
    warnings.push(`${path}: ${name} has no such size, so the picture is made at ${near}`);
  else faults.push({ path, message: `must be one that ${name} takes: ${sizes.join(' ')}` });
  return near;
}

function refuseSize(path: string, { name, sizes }: Model, faults: Fault[], warnings: string[]): void {
  const [only] = sizes;
  if (sizes.length === 1)
    warnings.push(`${path}: ${name} has no such size, so the picture is made at ${only}`);
  else faults.push({ path, message: `must be one that ${name} takes: ${sizes.join(' ')}` });
}
