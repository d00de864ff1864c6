// From the members and files of a body to the inputs of a submission: the pictures to edit, and a mask.

import { Buffer } from 'node:buffer';
import type { Fault } from '../../core/errors.ts';
import type { SubmittedInput } from '../../core/submit/submit.ts';
import type { BodyFile } from '../body/body-fields.ts';
import { maxDetails } from '../refusals/invalid.ts';
import { absent } from './member-names.ts';
import { maxLinks } from './picture-members.ts';
import type { Values } from './submission-members.ts';
import { isMaskMember, linkRank, shorten } from './submit-names.ts';

/** Reads the pictures to edit, in the order in which they are taken; adds to `faults`. */
export function readInputs(values: Values, files: readonly BodyFile[], faults: Fault[]): SubmittedInput[] {
  const inputs: SubmittedInput[] = [];
  const given = [...values.pictures].toSorted(([one], [other]) => linkRank(one) - linkRank(other));
  for (const [name, links] of given) {
    const earlier = [...inputs];
    for (const [index, link] of links.entries()) {
      if (inputs.length > maxLinks || faults.length > maxDetails) break;
      // Some clients fill unused places of the list with nothing, and some send a picture under each name that a server may have for it.
      if (!absent(link) && !earlier.some((input) => isSame(input, link)))
        readLink(link, `${name}[${index}]`, inputs, faults);
    }
  }
  const pictures = files.filter(({ name }) => !isMaskMember(name));
  // Files are numbered behind the links that came under the same name.
  const next = new Map(given.map(([name, links]) => [name, links.length]));
  for (const { name, bytes } of pictures) {
    const index = next.get(name) ?? 0;
    next.set(name, index + 1);
    const path = `${name === '' ? 'files' : shorten(name)}[${index}]`;
    const link = linkIn(bytes);
    if (link === undefined) inputs.push({ kind: 'bytes', path, bytes });
    else readLink(link, path, inputs, faults);
  }
  return inputs;
}

/** Reads the mask, by whatever name and in whatever form it came; `undefined` where there is none. More than one is a fault. */
export function readMask(
  values: Values,
  files: readonly BodyFile[],
  faults: Fault[],
): SubmittedInput | undefined {
  const found: SubmittedInput[] = [];
  for (const [name, links] of values.masks)
    for (const link of links)
      if (!absent(link) && !found.some((input) => isSame(input, link)))
        readLink(link, shorten(name), found, faults);
  for (const { name, bytes } of files) {
    if (!isMaskMember(name)) continue;
    const link = linkIn(bytes);
    if (link === undefined) found.push({ kind: 'bytes', path: name, bytes });
    else readLink(link, name, found, faults);
  }
  const [mask, other] = found;
  if (mask === undefined) return undefined;
  if (other !== undefined)
    faults.push({ path: other.path, message: 'is one more mask; a task takes one, for its first picture' });
  return { ...mask, role: 'mask' };
}

/** Some clients send a link as if it were the file. */
function linkIn(bytes: Uint8Array): string | undefined {
  const text = bytes.length > maxLinkLength ? '' : Buffer.from(bytes).toString('utf8').trim();
  return /^https?:\/\/\S+$/i.test(text) ? text : undefined;
}

/** Equal bytes of a body are the same ones. */
function isSame(input: SubmittedInput, link: unknown): boolean {
  return input.kind === 'url' ? input.url === link : input.kind === 'bytes' && input.bytes === link;
}

/** In characters; longer ones are not parsed. */
const maxLinkLength = 8_192;

/** A `data:` URI is its bytes already, or what is wrong with it. */
function readLink(value: unknown, path: string, inputs: SubmittedInput[], faults: Fault[]): void {
  if (value instanceof Uint8Array) {
    inputs.push({ kind: 'bytes', path, bytes: value });
    return;
  }
  if (value instanceof Error) {
    faults.push({ path, message: value.message });
    return;
  }
  const link = typeof value === 'string' ? value.trim() : '';
  const isLink = /^https?:/i.test(link);
  if (isLink && link.length > maxLinkLength)
    faults.push({ path, message: `is longer than ${maxLinkLength} characters` });
  else if (isLink && URL.canParse(link)) inputs.push({ kind: 'url', path, url: link });
  else faults.push({ path, message: 'must be an http or https link, or a data: URI' });
}
