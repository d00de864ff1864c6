// `plantain generate`: makes a picture from a prompt.

import { defineCommand } from '../command.ts';
import { dryRun, dryRunOption } from '../dry-run.ts';
import { UsageError } from '../exit-codes.ts';
import { readPictures, readPrompt } from '../input-files.ts';
import { submitMembers, submitOptions } from '../submit-options.ts';
import { submitAndFollow, submitAndFollowOptions } from '../submit-task.ts';

export const generate = defineCommand({
  name: 'generate',
  summary: 'make a picture from a prompt',
  usage: ['generate PROMPT [options]', 'generate - [options] < prompt.txt'],
  options: {
    image: {
      type: 'string',
      short: 'i',
      multiple: true,
      value: 'FILE',
      isPath: true,
      about: 'a picture to go by: a file or a link; may be given several times',
    },
    ...submitOptions,
    ...submitAndFollowOptions,
    ...dryRunOption,
  },
  async run({ values, positionals }, context) {
    const [argument, ...more] = positionals;
    if (more.length > 0) throw new UsageError('generate takes one prompt; put it in quotes.', 'generate');
    const prompt = await readPrompt(argument, 'generate', context);
    const members = submitMembers(values);
    const pictures = await readPictures(values.image ?? []);
    const input = { prompt, ...members, ...(pictures.length === 0 ? {} : { image_urls: pictures }) };
    if (values['dry-run'] === true)
      return await dryRun(context, [[{ ...input, action: 'generate' }]], values);
    return await submitAndFollow(context, values, (client, signal) => client.generate(input, { signal }));
  },
});
