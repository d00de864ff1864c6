// Learns which of the members that can be left out a server refuses for a model, so that it is asked without them. Nothing was made
// for a request that was refused, so nothing is paid for twice.

import type { Answer } from '../transport.ts';
import { searchedWords } from '../failures/error-words.ts';
import { readErrorBody } from './error-body.ts';
import type { ErrorBody } from './error-body.ts';
import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { type OptionalMember, optionalMembers, sentMembers } from './request.ts';

const refusals: ReadonlySet<number> = new Set([400, 404, 405, 415, 422, 501]);

/** Of a member that the server does not know at all: of a size that it does not make, a picture of another is not wanted. */
const unknownCode =
  /^(?:unknown|unsupported|unrecognized|unexpected|extra)_(?:parameter|argument|field|forbidden)/i;
const unknownMember =
  /\b(?:unknown|unrecognized|unexpected|unsupported|extra) (?:request |keyword )?(?:parameter|argument|field|member|property|key)s?\b[^.]{0,60}\b(size|quality|background|moderation)\b|\b(?:parameter|argument|field)s? not (?:supported|allowed|permitted|recognized): {0,2}['"`]?(size|quality|background|moderation)\b|\b(size|quality|background|moderation)['"`]?:? (?:parameter )?(?:extra inputs are|is) not (?:supported (?:with|by|for)|permitted|allowed|a (?:known|valid) (?:parameter|field))/i;
/** Sentences that refuse streams; the bare word stands in many a prompt, of which a sentence may repeat a part. */
const noStream =
  /\bpartial_images\b|\bstream(?:ing)?['"`]? (?:parameter |mode |output |responses? )?(?:is|are) (?:not (?:supported|available|enabled|implemented|permitted)|unsupported|unavailable)\b|\bverified to stream\b|\b(?:not|n['’]t) support (?:\w+ )?(?:the )?['"`]?stream(?:ing|s)?\b|\b(?:unknown|unrecognized|unexpected|unsupported|extra) (?:request |keyword )?(?:parameter|argument|field|member|property|key)s?\b[^.]{0,60}\bstream\b|\bstream: extra inputs\b/i;
/** Words of a refusal that another request may escape, as with fewer pictures. */
const conditional = /\bonly\b|\bwhen\b|\bn ?=/i;
const unsupportedCode = /^unsupported_value$/i;
const namedMember = /\b(size|quality|background|moderation)\b/;

export interface RefusedMembers {
  /** Members not to send for this model. */
  of(model: string): ReadonlySet<OptionalMember>;
  /**
   * Gives the member that the answer to this request, sent `without` some, refuses: one that was sent and need not be, so that the request
   * can be made without it. Where no other request could escape that, it is left out for the model as long as this process lives. The
   * prompt is among the `secrets`, and is not searched for words.
   */
  learn(
    request: UpstreamRequest,
    without: ReadonlySet<OptionalMember>,
    answer: Pick<Answer, 'status' | 'json'>,
    secrets: readonly string[],
  ): OptionalMember | undefined;
}

export function createRefusedMembers(): RefusedMembers {
  const byModel = new Map<string, ReadonlySet<OptionalMember>>();
  const of = (model: string) => byModel.get(model) ?? new Set();
  return {
    of,
    learn(request, without, { status, json }, secrets) {
      const { message, ...body } = readErrorBody(json);
      // A picture that was refused only after it was made is paid for.
      if (!refusals.has(status) || body.afterwards) return undefined;
      const { model } = request;
      const sent = new Set(sentMembers(request).filter((name) => !without.has(name)));
      const error = { ...body, words: searchedWords(message, secrets) };
      // Without the format the server sends what it likes, and all of it is read.
      const isFormat = sent.has('response_format') && speaksOfFormat(error);
      const isStream = sent.has('partial_images') && speaksOfStream(error);
      const refused = isFormat ? 'response_format' : isStream ? 'partial_images' : refusedMember(error);
      if (refused === undefined || !sent.has(refused)) return undefined;
      if (!isStream || isLasting(error)) byModel.set(model, new Set([...of(model), refused]));
      return refused;
    },
  };
}

/** Error with its words in the place of its message, which may repeat the prompt. */
interface SearchedError extends Omit<ErrorBody, 'message'> {
  words: string;
}

function speaksOfFormat({ param, words }: SearchedError): boolean {
  return param === 'response_format' || /response[_ ]?format/i.test(words);
}

/**
 * Tells whether the stream is to blame, without which the picture can be had: OpenAI refuses it by `param` to an organisation that is not
 * verified (`unsupported_value`), and for files that it does not stream.
 */
function speaksOfStream({ param, words }: SearchedError): boolean {
  return param === '' ? noStream.test(words) : param === 'stream' || param === 'partial_images';
}

/** Whether a refused stream is one that no request of the model gets. */
function isLasting({ code, words }: SearchedError): boolean {
  const isGeneral = unknownCode.test(code) || unsupportedCode.test(code) || noStream.test(words);
  return isGeneral && !conditional.test(words);
}

/** The member that the server does not know, by the code, the parameter or the words of its error. */
function refusedMember({ param, code, words }: SearchedError): OptionalMember | undefined {
  const isUnknown = unknownCode.test(code) || /extra inputs/i.test(words);
  if (isUnknown && param !== '') return optionalMembers.find((name) => name === param);
  const [, ...named] = (unknownCode.test(code) ? namedMember : unknownMember).exec(words) ?? [];
  const name = named.find((each) => each !== undefined)?.toLowerCase();
  return optionalMembers.find((each) => each === name);
}
