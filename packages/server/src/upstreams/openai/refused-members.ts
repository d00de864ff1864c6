// Learns which of the members that are sent unasked a server refuses for a model, so that it is asked without them. Nothing was made
// for a request that was refused, so nothing is paid for twice.

import type { Answer } from '../transport.ts';
import { readErrorBody } from './error-body.ts';
import type { ErrorBody } from './error-body.ts';
import { takesResponseFormat } from './models.ts';
import type { OptionalMember } from './request.ts';

/** Characters of a sentence that are searched. */
const maxWordsLength = 4_000;
const refusals: ReadonlySet<number> = new Set([400, 404, 405, 415, 422, 501]);

/** Of a member that the server does not know at all: of a size that it does not make, a picture of another is not wanted. */
const unknownCode =
  /^(?:unknown|unsupported|unrecognized|unexpected|extra)_(?:parameter|argument|field|forbidden)/i;
const unknownSize =
  /\b(?:unknown|unrecognized|unexpected|unsupported|extra) (?:request |keyword )?(?:parameter|argument|field|member|property|key)s?\b[^.]{0,60}\bsize\b|\b(?:parameter|argument|field)s? not (?:supported|allowed|permitted|recognized): {0,2}['"`]?size\b|\bsize['"`]?:? (?:parameter )?(?:extra inputs are|is) not (?:supported (?:with|by|for)|permitted|allowed|a (?:known|valid) (?:parameter|field))/i;

export interface RefusedMembers {
  /** Members not to send for this model. */
  of(model: string): ReadonlySet<OptionalMember>;
  /**
   * Whether the answer to a request `without` these refuses one that was sent, which is then left out for this model as long as this
   * process lives.
   */
  learn(
    model: string,
    without: ReadonlySet<OptionalMember>,
    answer: Pick<Answer, 'status' | 'json'>,
  ): boolean;
}

export function createRefusedMembers(): RefusedMembers {
  const byModel = new Map<string, ReadonlySet<OptionalMember>>();
  const of = (model: string) => byModel.get(model) ?? new Set();
  return {
    of,
    learn(model, without, { status, json }) {
      if (!refusals.has(status)) return false;
      const error = readErrorBody(json);
      // Without the format the server sends what it likes, and all of it is read.
      const ofFormat = takesResponseFormat(model) && !without.has('response_format') && speaksOfFormat(error);
      if (!ofFormat && (without.has('size') || !refusesSize(error))) return false;
      byModel.set(model, new Set([...of(model), ofFormat ? 'response_format' : 'size']));
      return true;
    },
  };
}

function speaksOfFormat({ param, message }: ErrorBody): boolean {
  return param === 'response_format' || /response[_ ]?format/i.test(message.slice(0, maxWordsLength));
}

function refusesSize({ param, code, message }: ErrorBody): boolean {
  const words = message.slice(0, maxWordsLength);
  if (unknownCode.test(code)) return param === 'size' || (param === '' && /\bsize\b/.test(words));
  return unknownSize.test(words) || (param === 'size' && /extra inputs/i.test(words));
}
