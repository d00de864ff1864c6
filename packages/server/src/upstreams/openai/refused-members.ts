// Learns which of the members that can be left out a server refuses for a model, so that it is asked without them. Nothing was made
// for a request that was refused, so nothing is paid for twice.

import type { Answer } from '../transport.ts';
import { readErrorBody } from './error-body.ts';
import type { ErrorBody } from './error-body.ts';
import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { type OptionalMember, optionalMembers, sentMembers } from './request.ts';

/** Characters of a sentence that are searched. */
const maxWordsLength = 4_000;
const refusals: ReadonlySet<number> = new Set([400, 404, 405, 415, 422, 501]);

/** Of a member that the server does not know at all: of a size that it does not make, a picture of another is not wanted. */
const unknownCode =
  /^(?:unknown|unsupported|unrecognized|unexpected|extra)_(?:parameter|argument|field|forbidden)/i;
const unknownMember =
  /\b(?:unknown|unrecognized|unexpected|unsupported|extra) (?:request |keyword )?(?:parameter|argument|field|member|property|key)s?\b[^.]{0,60}\b(size|quality|background|moderation)\b|\b(?:parameter|argument|field)s? not (?:supported|allowed|permitted|recognized): {0,2}['"`]?(size|quality|background|moderation)\b|\b(size|quality|background|moderation)['"`]?:? (?:parameter )?(?:extra inputs are|is) not (?:supported (?:with|by|for)|permitted|allowed|a (?:known|valid) (?:parameter|field))/i;
const namedMember = /\b(size|quality|background|moderation)\b/;

export interface RefusedMembers {
  /** Members not to send for this model. */
  of(model: string): ReadonlySet<OptionalMember>;
  /**
   * Whether the answer to this request, sent `without` these, refuses one that was sent, which is then left out for the model as long as
   * this process lives.
   */
  learn(
    request: UpstreamRequest,
    without: ReadonlySet<OptionalMember>,
    answer: Pick<Answer, 'status' | 'json'>,
  ): boolean;
}

export function createRefusedMembers(): RefusedMembers {
  const byModel = new Map<string, ReadonlySet<OptionalMember>>();
  const of = (model: string) => byModel.get(model) ?? new Set();
  return {
    of,
    learn(request, without, { status, json }) {
      if (!refusals.has(status)) return false;
      const { model } = request;
      const sent = new Set(sentMembers(request).filter((name) => !without.has(name)));
      const error = readErrorBody(json);
      // Without the format the server sends what it likes, and all of it is read.
      const isFormat = sent.has('response_format') && speaksOfFormat(error);
      const isStream = sent.has('partial_images') && speaksOfStream(error);
      const refused = isFormat ? 'response_format' : isStream ? 'partial_images' : refusedMember(error);
      if (refused === undefined || !sent.has(refused)) return false;
      byModel.set(model, new Set([...of(model), refused]));
      return true;
    },
  };
}

function speaksOfFormat({ param, message }: ErrorBody): boolean {
  return param === 'response_format' || /response[_ ]?format/i.test(message.slice(0, maxWordsLength));
}

/**
 * Tells whether the stream is to blame, without which the picture can be had: OpenAI refuses it by `param` to an organisation that is not
 * verified (`unsupported_value`), and for files that it does not stream.
 */
function speaksOfStream({ param, message }: ErrorBody): boolean {
  return (
    param === 'stream' ||
    param === 'partial_images' ||
    /\b(?:partial_images|stream|streaming)\b/i.test(message.slice(0, maxWordsLength))
  );
}

/** The member that the server does not know, by the code, the parameter or the words of its error. */
function refusedMember({ param, code, message }: ErrorBody): OptionalMember | undefined {
  const words = message.slice(0, maxWordsLength);
  const isUnknown = unknownCode.test(code) || /extra inputs/i.test(words);
  if (isUnknown && param !== '') return optionalMembers.find((name) => name === param);
  const [, ...named] = (unknownCode.test(code) ? namedMember : unknownMember).exec(words) ?? [];
  const name = named.find((each) => each !== undefined)?.toLowerCase();
  return optionalMembers.find((each) => each === name);
}
