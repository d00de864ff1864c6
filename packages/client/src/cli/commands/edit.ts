// `plantain edit`: makes a picture from pictures and a prompt.

import { defineCommand } from '../command.ts';
import { dryRun, dryRunOption } from '../dry-run.ts';
import { UsageError } from '../exit-codes.ts';
import { readPictures, readPrompt, splitArguments } from '../input-files.ts';
import { submitMembers, submitOptions } from '../submit-options.ts';
import { submitAndFollow, submitAndFollowOptions } from '../submit-task.ts';

export const edit = defineCommand({
  name: 'edit',
  summary: 'change or combine pictures',
  usage: ['edit PICTURE... PROMPT [options]'],
  details: `A PICTURE is a file or a link. The argument that is neither is the prompt; "-" reads it from stdin.`,
  options: {
    mask: {
      type: 'string',
      value: 'FILE',
      isPath: true,
      about: 'a file or a link; where it is transparent, the first picture is to change',
    },
    ...submitOptions,
    ...submitAndFollowOptions,
    ...dryRunOption,
  },
  async run({ values, positionals }, context) {
    const { pictures, prompt: argument } = await splitArguments(positionals);
    if (pictures.length === 0)
      throw new UsageError('There is no picture: no argument is a file that exists, or a link.', 'edit');
    const prompt = await readPrompt(argument, 'edit', context);
    const members = submitMembers(values);
    const [mask] = await readPictures(values.mask === undefined ? [] : [values.mask]);
    const image_urls = await readPictures(pictures);
    const input = { prompt, ...members, image_urls, ...(mask === undefined ? {} : { mask }) };
    if (values['dry-run'] === true) return await dryRun(context, [[{ ...input, action: 'edit' }]], values);
    return await submitAndFollow(context, values, (client, signal) => client.edit(input, { signal }));
  },
});
