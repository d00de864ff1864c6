// From what a face has read of a request to a valid submission. Prompts, models, shapes and pictures are judged in one place for all faces;
// faults and warnings name the members as the face's clients call them.

import { type Fault, RequestError } from '../../../core/errors.ts';
import type { TaskAction } from '../../../core/tasks/task.ts';
import { invalid } from '../../refusals/invalid.ts';
import { type ReadSubmission, readSubmission, type SubmissionLimits } from '../../submit/submission.ts';

/** Picture of a request, by the path of its member, such as `images[0].image_url`. */
export interface AskedPicture {
  path: string;
  /** Bytes, an http(s) link, or what the body's reader found wrong; anything else is a fault. */
  value: unknown;
}

/** Members of a submit, by the names of this API; `undefined` where the client said nothing. */
export interface AskedTask {
  /** Default: a task with pictures is an edit. */
  action?: TaskAction;
  prompt: unknown;
  model?: unknown;
  size?: unknown;
  aspectRatio?: unknown;
  imageSize?: unknown;
  n?: unknown;
  seed?: unknown;
  quality?: unknown;
  background?: unknown;
  moderation?: unknown;
  metadata?: unknown;
  deadlineSeconds?: unknown;
  callbackUrl?: unknown;
  callbackEvents?: unknown;
  pictures?: readonly AskedPicture[];
  mask?: AskedPicture | undefined;
}

const memberOf = {
  prompt: 'prompt',
  model: 'model',
  size: 'size',
  aspectRatio: 'aspect_ratio',
  imageSize: 'image_size',
  n: 'n',
  seed: 'seed',
  quality: 'quality',
  background: 'background',
  moderation: 'moderation',
  metadata: 'metadata',
  deadlineSeconds: 'deadline_seconds',
  callbackUrl: 'callback_url',
  callbackEvents: 'callback_events',
} as const;

/** Names of the face for members of this API, `image_urls` for its pictures as a whole, and `mask`; others have the same name in both. */
export type FaceNames = Readonly<
  Partial<Record<(typeof memberOf)[keyof typeof memberOf] | 'image_urls' | 'mask', string>>
>;

/**
 * Gives the submission. Throws `RequestError` (`invalid_request`) with every fault: those that the face has found, then the others.
 */
export function readAsked(
  { action, pictures = [], mask, ...asked }: AskedTask,
  limits: SubmissionLimits,
  { names = {}, faults = [] }: { names?: FaceNames; faults?: readonly Fault[] } = {},
): ReadSubmission {
  const members = Object.entries(memberOf).map(([name, member]) => [
    member,
    asked[name as keyof typeof asked],
  ]);
  const fields = {
    ...(Object.fromEntries(members) as Record<string, unknown>),
    ...(pictures.length === 0 ? {} : { image_urls: pictures.map(({ value }) => value ?? 0) }),
    ...(mask === undefined ? {} : { mask: [mask.value ?? 0] }),
  };
  const rename = renaming({ ...names, ...(mask === undefined ? {} : { mask: mask.path }) }, pictures);
  let found: ReadSubmission | undefined;
  const others: Fault[] = [];
  try {
    found = readSubmission(action, { fields, files: [] }, limits);
  } catch (error) {
    if (!(error instanceof RequestError) || error.details === undefined) throw error;
    for (const fault of error.details) others.push({ ...fault, path: rename(fault.path) });
  }
  if (found === undefined || faults.length > 0) throw invalid([...faults, ...others]);
  const { submission, warnings } = found;
  const inputs = submission.inputs.map((input) => ({ ...input, path: rename(input.path) }));
  return { submission: { ...submission, inputs }, warnings: warnings.map(rename) };
}

/** Replaces the path at the beginning of a text, and the member to which a warning points. */
function renaming(names: FaceNames, pictures: readonly AskedPicture[]): (text: string) => string {
  const nameOf = (member: string) =>
    Object.hasOwn(names, member) ? (names[member as keyof FaceNames] ?? member) : member;
  return (text) => {
    const [, index] = /^image_urls\[(\d{1,4})\]/.exec(text) ?? [];
    const picture = index === undefined ? undefined : pictures[Number(index)];
    if (picture !== undefined) return picture.path + text.slice(text.indexOf(']') + 1);
    return text.replace(/^[a-z_]{1,40}/, nameOf).replace(/(?<= as )[a-z_]{1,40}(?= says )/, nameOf);
  };
}
