// Queries for a picture in another size or format: the members `w`, `h`, `format` and `q`, beside those of the signature.

import * as z from 'zod';
import { RequestError } from '../../core/errors.ts';
import { renditionFormats, type RenditionOptions } from '../../core/pictures/renditions.ts';
import { type Given, members, readMembers } from '../route/members.ts';
import { wholeNumber } from '../route/number-members.ts';

const maxAskedSide = 4096;

const numberUpTo = (max: number) =>
  wholeNumber(`must be a whole number from 1 to ${max}`, {
    min: 1,
    max,
    read: (value) => (typeof value === 'string' && /^0*[1-9]\d{0,5}$/.test(value) ? Number(value) : null),
  });
const side = numberUpTo(maxAskedSide);

export const renditionMembers = members(
  {
    w: side.meta({ description: 'Width of a box in pixels to fit into' }),
    h: side.meta({ description: 'Height of a box in pixels to fit into' }),
    format: z
      .preprocess(
        (value) => (value === 'jpg' ? 'jpeg' : value),
        z.enum(renditionFormats, `must be one of ${renditionFormats.join(', ')}`),
      )
      .meta({
        description: 'The picture’s own where it is left out',
        enum: [...renditionFormats, 'jpg'],
      }),
    q: numberUpTo(100).meta({ description: 'Quality, of no effect on PNG' }),
  },
  {
    refusesUnknown: false,
    isAbsent: (value) => value === undefined || value === '',
    refusal(details) {
      const { path, message } = details[0] ?? { path: '', message: '' };
      return new RequestError('invalid_request', `${path} ${message}.`, { details });
    },
  },
);

/**
 * The options in a query string's members `w`, `h`, `format` and `q`; `undefined` where none has a value. Throws
 * `RequestError` (`invalid_request`) that names every fault.
 */
export function readRenditionOptions(given: Given): RenditionOptions | undefined {
  const { w: width, h: height, format, q: quality } = readMembers(renditionMembers, given);
  const options = {
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(format === undefined ? {} : { format }),
    ...(quality === undefined ? {} : { quality }),
  };
  return Object.keys(options).length === 0 ? undefined : options;
}
