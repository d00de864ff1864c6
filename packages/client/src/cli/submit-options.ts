// Options of a submit, and the members of the request that they set.

import type { SubmitBody } from '../index.ts';
import { namedValues, type Values, wholeNumber } from './command.ts';

export const submitOptions = {
  model: { type: 'string', short: 'm', value: 'NAME', about: 'the model; the server has a default' },
  ratio: { type: 'string', short: 'r', value: 'W:H', about: 'the aspect ratio, such as 16:9, or auto' },
  size: { type: 'string', short: 's', value: 'SIZE', about: '1K, 2K or 4K' },
  seed: { type: 'string', value: 'N', about: 'a number for models that take one' },
  count: { type: 'string', value: 'N', about: 'how many pictures, 1 to 10' },
  quality: { type: 'string', value: 'WORD', about: 'low, medium, high, xhigh or max, as the model takes' },
  background: { type: 'string', value: 'WORD', about: 'opaque or transparent, as the model takes' },
  metadata: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    about: 'kept with the task; may be given several times',
  },
  deadline: { type: 'string', value: 'SECONDS', about: 'how long the task may take' },
  keep: { type: 'string', value: 'SECONDS', about: 'how long the server keeps the pictures' },
} as const;

type Quality = NonNullable<SubmitBody['quality']>;
type Background = NonNullable<SubmitBody['background']>;

/** Minimum of the server, whose seeds have 32 bits with a sign. */
const minSeed = -(2 ** 31);

/** Throws `UsageError`. The server checks the values against the model. */
export function submitMembers(values: Values<typeof submitOptions>): Partial<SubmitBody> {
  const seed = wholeNumber('seed', values.seed, minSeed);
  const count = wholeNumber('count', values.count, 1);
  const deadline = wholeNumber('deadline', values.deadline, 1);
  const keep = wholeNumber('keep', values.keep, 1);
  const metadata = namedValues('metadata', values.metadata);
  return {
    ...(values.model === undefined ? {} : { model: values.model }),
    ...(values.ratio === undefined ? {} : { aspect_ratio: values.ratio }),
    ...(values.size === undefined ? {} : { image_size: values.size }),
    ...(seed === undefined ? {} : { seed }),
    ...(count === undefined ? {} : { count }),
    // The server knows the words, and warns of others.
    ...(values.quality === undefined ? {} : { quality: values.quality as Quality }),
    ...(values.background === undefined ? {} : { background: values.background as Background }),
    ...(deadline === undefined ? {} : { deadline_seconds: deadline }),
    ...(keep === undefined ? {} : { expires_in_seconds: keep }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}
