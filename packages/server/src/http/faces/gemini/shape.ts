// Members that say how the picture is to be, and how it is to be sent. Clients send `imageConfig`, and newer ones `responseFormat.image`,
// whose values are words of enumerations or plain ones.

import type { RenditionFormat } from '../../../core/pictures/renditions.ts';
import type { Fields } from '../../body/body-fields.ts';
import { either, eitherObject, type Findings, type Member, warnOfOthers } from './either.ts';

/** Way in which a picture is sent. */
export interface Sending {
  /** Format to convert to; `undefined` leaves the picture as it is. */
  format?: RenditionFormat | undefined;
  /** 1 to 100. */
  quality?: number | undefined;
  /** Whether a signed link is sent in the place of the picture. */
  asLink: boolean;
  /** Whether words of the model are sent beside the picture. */
  withText: boolean;
}

export interface Shape extends Pick<Sending, 'format' | 'quality' | 'asLink'> {
  aspectRatio: Member;
  imageSize: Member;
}

const numbers: Readonly<Record<string, string>> = {
  ONE: '1',
  TWO: '2',
  THREE: '3',
  FOUR: '4',
  FIVE: '5',
  EIGHT: '8',
  NINE: '9',
  SIXTEEN: '16',
  TWENTY_ONE: '21',
};
const sizes: Readonly<Record<string, string>> = {
  IMAGE_SIZE_FIVE_TWELVE: '512',
  IMAGE_SIZE_ONE_K: '1K',
  IMAGE_SIZE_TWO_K: '2K',
  IMAGE_SIZE_FOUR_K: '4K',
};

/** Ratio of the enumeration, `ASPECT_RATIO_SIXTEEN_BY_NINE`, as 16:9; anything else as it is. */
function plainRatio(value: unknown): unknown {
  const [, width = '', height = ''] =
    typeof value === 'string' ? (/^ASPECT_RATIO_([A-Z_]{1,20})_BY_([A-Z_]{1,20})$/.exec(value) ?? []) : [];
  const [one, other] = [numbers[width], numbers[height]];
  return one === undefined || other === undefined ? specified(value) : `${one}:${other}`;
}

function plainSize(value: unknown): unknown {
  return typeof value === 'string' && Object.hasOwn(sizes, value) ? sizes[value] : specified(value);
}

/** `undefined` for a word that says that nothing is said. */
const specified = (value: unknown) =>
  typeof value === 'string' && value.endsWith('_UNSPECIFIED') ? undefined : value;

const known = ['aspectRatio', 'imageSize', 'mimeType', 'outputMimeType', 'compressionQuality'];
const formats: Readonly<Record<string, RenditionFormat>> = {
  'image/png': 'png',
  'image/jpeg': 'jpeg',
  'image/webp': 'webp',
};

/**
 * Reads one object that says how the picture is to be: `imageConfig`, `responseFormat.image`, or the `response_format` of an interaction, whose
 * `type` is known already.
 */
export function readShape(object: Fields, at: string, findings: Findings): Shape {
  const { faults, warnings } = findings;
  warnOfOthers(
    object,
    at,
    [...known, 'delivery', 'type', 'outputCompressionQuality', 'imageOutputOptions'],
    findings,
  );
  const output = eitherObject(object, 'imageOutputOptions', at, findings);
  const ratio = either(object, 'aspectRatio', at);
  const size = either(object, 'imageSize', at);
  const type = [
    either(object, 'mimeType', at),
    either(object, 'outputMimeType', at),
    either(output.object, 'mimeType', output.path),
  ].find(({ value }) => value !== undefined);
  const quality = [
    either(object, 'outputCompressionQuality', at),
    either(output.object, 'compressionQuality', output.path),
  ].find(({ value }) => value !== undefined);
  const delivery = either(object, 'delivery', at);
  const word = typeof delivery.value === 'string' ? delivery.value.toLowerCase() : delivery.value;
  if (!(word === undefined || word === 'inline' || word === 'uri' || word === 'delivery_unspecified'))
    faults.push({ path: delivery.path, message: 'must be inline or uri' });
  const format = formatOf(type, findings);
  return {
    aspectRatio: { path: ratio.path, value: plainRatio(ratio.value) },
    imageSize: { path: size.path, value: plainSize(size.value) },
    format,
    quality: qualityOf(quality, format, { faults, warnings }),
    asLink: word === 'uri',
  };
}

function formatOf(type: Member | undefined, { faults }: Findings): RenditionFormat | undefined {
  const { path = '', value } = type ?? {};
  if (value === undefined) return undefined;
  const format = typeof value === 'string' && Object.hasOwn(formats, value) ? formats[value] : undefined;
  if (format === undefined) faults.push({ path, message: `must be ${Object.keys(formats).join(', ')}` });
  return format;
}

function qualityOf(
  quality: Member | undefined,
  format: RenditionFormat | undefined,
  { faults, warnings }: Findings,
): number | undefined {
  const { path = '', value } = quality ?? {};
  if (value === undefined) return undefined;
  if (!(typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 100)) {
    faults.push({ path, message: 'must be a whole number from 0 to 100' });
    return undefined;
  }
  if (format !== undefined && format !== 'png') return Math.max(1, value);
  warnings.push(`${path}: has no effect without image/jpeg or image/webp as the type`);
  return undefined;
}

/** Joins what several objects say: the first counts, and a warning names what is not followed. */
export function joinShapes(shapes: readonly Shape[], { warnings }: Findings): Shape {
  const first = (name: 'aspectRatio' | 'imageSize'): Member => {
    const said = shapes.map((shape) => shape[name]).filter(({ value }) => value !== undefined);
    const [counts, ...others] = said;
    for (const { path, value } of others)
      if (value !== counts?.value)
        warnings.push(`${path}: is ignored, as ${counts?.path} says something else`);
    return counts ?? { path: shapes[0]?.[name].path ?? name, value: undefined };
  };
  const withFormat = shapes.find(({ format }) => format !== undefined);
  return {
    aspectRatio: first('aspectRatio'),
    imageSize: first('imageSize'),
    format: withFormat?.format,
    quality: withFormat?.quality,
    asLink: shapes.some(({ asLink }) => asLink),
  };
}

/** Reads which kinds of answer are wanted. A request for none with a picture is a fault: nothing else is made here. */
export function readModalities({ path, value }: Member, { faults }: Findings): { withText: boolean } {
  if (value === undefined) return { withText: true };
  const words = ((Array.isArray(value) ? value : [value]) as unknown[])
    .filter((word) => typeof word === 'string')
    .map((word) => word.toUpperCase());
  if (words.length > 0 && !words.includes('IMAGE'))
    faults.push({ path, message: 'must have IMAGE in it: this server makes pictures and nothing else' });
  return { withText: words.length === 0 || words.includes('TEXT') };
}
