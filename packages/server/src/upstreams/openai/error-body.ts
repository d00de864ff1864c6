// Reads what a server of this wire says of an error, in OpenAI's form and in those of servers like it: a sentence as `error` (LocalAI,
// xAI), `detail` (FastAPI), an error that a gateway quotes as JSON in its own. Nothing of it is believed; all of it may be missing.

import { z } from 'zod';
import { codesOf, findError } from '../failures/found-error.ts';
import { isMembers } from '../answers/members.ts';

/** Errors within errors, as gateways before gateways write them. */
const deepest = 3;
const maxEntries = 20;
const maxQuoteLength = 20_000;

/** Characters of a text: whoever shows a part of it takes out the secrets first, and looks at less than this. */
const maxTextLength = 30_000;

const text = z
  .string()
  .transform((all) => all.slice(0, maxTextLength))
  .catch('');
/** A number is none of OpenAI's, and all that some have. */
const anyCode = z
  .union([z.string(), z.number()])
  .transform((given) => String(given).slice(0, maxTextLength))
  .catch('');
const inner = z.object({ code: text }).optional().catch(undefined);
const members = z.object({
  message: text,
  type: text,
  param: text,
  code: text,
  innererror: inner,
  inner_error: inner,
  moderation_details: z.object({ moderation_stage: text }).optional().catch(undefined),
});
const detailEntry = z.object({ msg: text, loc: z.array(z.union([text, z.number()])).catch([]) });
const body = z.object({
  error: z.unknown().optional(),
  detail: z.unknown().optional(),
  message: text,
  code: anyCode,
  type: text,
});

export interface ErrorBody {
  /** Whether it has a form of this wire; a page of a gateway has not. */
  recognised: boolean;
  message: string;
  /** The code, and where there is none the type; else `""`. */
  code: string;
  type: string;
  /** The member of the request that is objected to, or `""`. */
  param: string;
  /** Other codes that stand there. */
  innerCodes: string[];
  /** Whether the picture was made before it was refused. */
  afterwards: boolean;
}

const nothing: ErrorBody = {
  recognised: false,
  message: '',
  code: '',
  type: '',
  param: '',
  innerCodes: [],
  afterwards: false,
};

export function readErrorBody(json: unknown): ErrorBody {
  const own = ofBody(json);
  if (own.message !== '' || !isMembers(json)) return own;
  const found = findError(json);
  if (found === undefined) return own;
  const [code = own.code, ...others] = codesOf(found);
  const innerCodes = [...own.innerCodes, own.code, ...others];
  return { ...own, recognised: true, message: text.parse(found.message), code, innerCodes };
}

function ofBody(json: unknown): ErrorBody {
  const { data } = body.safeParse(json);
  if (data === undefined) return nothing;
  if (typeof data.error === 'string')
    return { ...quoted(text.parse(data.error), 0), innerCodes: [data.code] };
  if (typeof data.error === 'object' && data.error !== null) return ofMembers(data.error, 0);
  if (typeof data.detail === 'string')
    return { ...nothing, recognised: true, message: text.parse(data.detail) };
  if (Array.isArray(data.detail)) return ofDetails(data.detail);
  // API gateways in front say `{"message": "..."}` as well, so only with a code it is the server's.
  const { message, code, type } = data;
  return message === ''
    ? nothing
    : { ...nothing, recognised: code !== '' || type !== '', message, code: code || type, type };
}

function ofMembers(error: object, depth: number): ErrorBody {
  const { data } = members.safeParse(error);
  if (data === undefined) return { ...nothing, recognised: true };
  const { message, code, type, param, innererror, inner_error, moderation_details } = data;
  const own: ErrorBody = {
    recognised: true,
    message,
    code: code || type,
    type,
    param,
    innerCodes: [innererror?.code ?? '', inner_error?.code ?? ''],
    afterwards: moderation_details?.moderation_stage === 'output',
  };
  const within = quoted(message, depth);
  return within.code === '' ? own : { ...within, innerCodes: [...within.innerCodes, own.code] };
}

/** A sentence, or the error that is quoted in it and nothing else. */
function quoted(message: string, depth: number): ErrorBody {
  const sentence = { ...nothing, recognised: true, message };
  const start = message.indexOf('{"error"');
  if (start < 0 || depth >= deepest || message.length > maxQuoteLength) return sentence;
  try {
    const { error } = JSON.parse(message.slice(start, message.lastIndexOf('}') + 1)) as { error: unknown };
    return typeof error === 'object' && error !== null ? ofMembers(error, depth + 1) : sentence;
  } catch {
    return sentence;
  }
}

function ofDetails(details: readonly unknown[]): ErrorBody {
  const entries = details.slice(0, maxEntries).flatMap((each) => detailEntry.safeParse(each).data ?? []);
  return {
    ...nothing,
    recognised: true,
    message: entries
      .map(({ msg, loc }) => [loc.slice(1).join('.'), msg].filter(Boolean).join(': '))
      .join(' '),
    param: String(entries[0]?.loc.at(-1) ?? ''),
  };
}
