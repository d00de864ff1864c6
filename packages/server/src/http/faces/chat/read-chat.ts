// Reads a chat completion of a picture model as the task that it asks for.

import { type Fault, RequestError } from '../../../core/errors.ts';
import type { Caller } from '../../../core/keys/keys.ts';
import type { Fields } from '../../body/body-fields.ts';
import { absent } from '../../submit/member-names.ts';
import type { NestedPictures } from '../../submit/nested-pictures.ts';
import { shorten } from '../../submit/submit-names.ts';
import type { ReadSubmission, SubmissionLimits } from '../../submit/submission.ts';
import { type AskedPicture, type FaceNames, readAsked } from '../kit/asked-task.ts';
import { ignoredWarnings } from '../kit/ignored-members.ts';
import { type Answering, readAnswering } from './chat-members.ts';
import { type Conversation, isObject, readMessages } from './messages.ts';

/** Places of pictures in messages. */
export const picturePlaces: NestedPictures = {
  uris: ['url', 'image_url', 'images', 'file_data'],
  base64: [],
};

export interface ChatRequest extends Answering {
  read: ReadSubmission;
}

export interface ChatReading {
  limits: SubmissionLimits;
  /** Beginning of links to this server's pictures. */
  ownLinks: string;
  caller: Pick<Caller, 'models'>;
}

/** Throws `RequestError`: `invalid_request` with every fault, or `not_found` for a model that is not here. */
export function readChat(fields: Fields, { limits, ownLinks, caller }: ChatReading): ChatRequest {
  const faults: Fault[] = [];
  const warnings: string[] = [];
  const answering = readAnswering(fields, { faults, warnings });
  const conversation = readMessages(fields['messages'], ownLinks, faults);
  const { model, n, seed, metadata, deadline_seconds: deadlineSeconds } = fields;
  refuseOthers(model, limits, caller);
  refuseChores(conversation, answering, faults);
  if (conversation.hasInstructions)
    warnings.push('messages: instructions of the system have no effect on a picture');
  const pictures = inputsOf(conversation, model, limits, warnings);
  const { asked, names } = readShape(fields, faults, warnings);
  const { promptPath } = conversation;
  const isBlamed = faults.some(({ path }) => path === 'messages');
  const { submission, warnings: others } = readAsked(
    {
      ...asked,
      // A fault of the messages is said once.
      prompt: isBlamed ? '-' : conversation.prompt,
      model,
      n,
      seed,
      metadata,
      deadlineSeconds,
      pictures,
    },
    limits,
    { names: { ...names, prompt: promptPath, image_urls: 'messages' }, faults },
  );
  const once = { ...submission, hasEqualInputsOnce: true };
  return { ...answering, read: { submission: once, warnings: [...warnings, ...others] } };
}

/** A chat program that asks for another model wants words, as a rule. It is told what there is. */
function refuseOthers(
  given: unknown,
  { models }: SubmissionLimits,
  { models: allowed }: Pick<Caller, 'models'>,
): void {
  if (typeof given !== 'string' || given.trim() === '' || models.findNamed(given) !== undefined) return;
  const names = models.all.map(({ name }) => name).filter((name) => allowed?.includes(name) ?? true);
  throw new RequestError(
    'not_found',
    `This server makes pictures and no text, and has no model ${shorten(given)}. Its models are ${names.join(', ')}. Nothing was made.`,
    { details: [{ path: 'model', message: 'is not known here' }] },
  );
}

/**
 * Chat programs ask the model of a chat for its title, for tags and for questions to go on with, unless they are told of another model; each
 * would be paid as a picture. Their prompts begin alike: those of Open WebUI, which waits for the whole answer to them, with the first of these
 * (open-webui, backend/open_webui/config.py), that of LibreChat with the second (@librechat/agents, utils/title).
 */
const chores = {
  whole: /^\s{0,10}### Task:\s/,
  any: /^\s{0,10}Provide a concise, 5-word-or-less title for the conversation/,
};

function refuseChores(
  { prompt, promptPath, pictures }: Conversation,
  { isStream, wantsPicture }: Answering,
  faults: Fault[],
): void {
  if (wantsPicture || pictures.length > 0 || typeof prompt !== 'string') return;
  if (chores.any.test(prompt) || (!isStream && chores.whole.test(prompt)))
    faults.push({
      path: promptPath,
      message:
        'asks for text, such as the title of a chat: this server makes pictures, so have another model do that',
    });
}

/** Pictures of the earlier answer, then those of the message; equal ones once. */
function inputsOf(
  { pictures, earlier }: Conversation,
  model: unknown,
  { models, defaultModel }: SubmissionLimits,
  warnings: string[],
): AskedPicture[] {
  const own = distinct(pictures);
  const others = distinct(earlier).filter((each) => !own.some(({ value }) => value === each.value));
  const named = typeof model === 'string' && model !== '' ? models.findNamed(model) : undefined;
  const { name = '', maxInputs = own.length } = (named ?? models.findNamed(defaultModel))?.model ?? {};
  const room = Math.max(0, maxInputs - own.length);
  const [first] = others;
  if (first !== undefined && others.length > room)
    warnings.push(
      `${first.path}: ${others.length - room} of the pictures of the earlier answer are left out, as ${name} takes at most ${maxInputs}`,
    );
  return [...others.slice(0, room), ...own];
}

function distinct(pictures: readonly AskedPicture[]): AskedPicture[] {
  const seen = new Set<unknown>();
  return pictures.filter(({ value }) => value instanceof Error || (!seen.has(value) && seen.add(value)));
}

/** `image_config` as OpenRouter has it goes before members of the same name beside it. */
function readShape(fields: Fields, faults: Fault[], warnings: string[]) {
  const { image_config: given, size } = fields;
  if (!absent(given) && !isObject(given)) faults.push({ path: 'image_config', message: 'must be an object' });
  const { aspect_ratio, image_size, ...others } = isObject(given) ? given : {};
  warnings.push(
    ...ignoredWarnings(
      Object.keys(others)
        .filter((name) => !absent(others[name]))
        .map((name) => `image_config.${name}`),
    ),
  );
  const names: FaceNames = {
    ...(absent(aspect_ratio) ? {} : { aspect_ratio: 'image_config.aspect_ratio' }),
    ...(absent(image_size) ? {} : { image_size: 'image_config.image_size' }),
  };
  const asked = {
    size,
    aspectRatio: absent(aspect_ratio) ? fields['aspect_ratio'] : aspect_ratio,
    imageSize: absent(image_size) ? fields['image_size'] : image_size,
  };
  return { asked, names };
}
