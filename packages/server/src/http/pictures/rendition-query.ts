// What a picture's query string asks of it: the members `w`, `h`, `format` and `q`, beside those of the signature.

import * as z from 'zod';
import { RequestError } from '../../core/errors.ts';
import { renditionFormats, type RenditionOptions } from '../../core/pictures/renditions.ts';

export const maxAskedSide = 4096;

const numberUpTo = (most: number) =>
  z
    .string()
    .regex(/^0*[1-9]\d{0,5}$/)
    .transform(Number)
    .refine((value) => value <= most);

const side = {
  of: numberUpTo(maxAskedSide),
  fault: `must be a whole number from 1 to ${maxAskedSide}`,
};
const query = {
  w: side,
  h: side,
  format: {
    of: z.preprocess((value) => (value === 'jpg' ? 'jpeg' : value), z.enum(renditionFormats)),
    fault: `must be one of ${renditionFormats.join(', ')}`,
  },
  q: { of: numberUpTo(100), fault: 'must be a whole number from 1 to 100' },
};

/**
 * The options in a query string's members `w`, `h`, `format` and `q`; `undefined` where none has a value. Throws
 * `RequestError` (`invalid_request`) that names every fault.
 */
export function readRenditionOptions(
  members: Readonly<Record<string, unknown>>,
): RenditionOptions | undefined {
  const details: { path: string; message: string }[] = [];
  const read = <T>(path: keyof typeof query, { of, fault }: { of: z.ZodType<T>; fault: string }) => {
    const value = members[path];
    if (value === undefined || value === '') return undefined;
    const parsed = of.safeParse(value);
    if (!parsed.success) details.push({ path, message: fault });
    return parsed.data;
  };
  const [width, height] = [read('w', query.w), read('h', query.h)];
  const [format, quality] = [read('format', query.format), read('q', query.q)];
  const [first] = details;
  if (first) throw new RequestError('invalid_request', `${first.path} ${first.message}.`, { details });
  const options = {
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(format === undefined ? {} : { format }),
    ...(quality === undefined ? {} : { quality }),
  };
  return Object.keys(options).length === 0 ? undefined : options;
}
