// Finds the error inside an answer whose status promised a result: gateways and compatible servers send what went wrong with
// status 200. Such an answer is read as if it had come with the status that its words stand for. Pure.

import { codesOf, findError } from '../failures/found-error.ts';
import type { FoundError } from '../failures/found-error.ts';
import { plainName } from '../failures/plain-name.ts';
import { isMembers } from './members.ts';
import type { Answer } from '../transport.ts';
import { isOk } from '../transport.ts';

/** How much of a sentence is looked through. */
const maxWordsLength = 4_000;
/** How many entries of a list, as of the events of a stream, are looked at. */
const maxEntries = 1_000;

/** The codes of gRPC by number and by name, as statuses of HTTP (googleapis/googleapis, google/rpc/code.proto). */
const grpcCodes: readonly (readonly [name: string, status: number])[] = [
  ['OK', 200],
  ['CANCELLED', 499],
  ['UNKNOWN', 500],
  ['INVALID_ARGUMENT', 400],
  ['DEADLINE_EXCEEDED', 504],
  ['NOT_FOUND', 404],
  ['ALREADY_EXISTS', 409],
  ['PERMISSION_DENIED', 403],
  ['RESOURCE_EXHAUSTED', 429],
  ['FAILED_PRECONDITION', 400],
  ['ABORTED', 409],
  ['OUT_OF_RANGE', 400],
  ['UNIMPLEMENTED', 501],
  ['INTERNAL', 500],
  ['UNAVAILABLE', 503],
  ['DATA_LOSS', 500],
  ['UNAUTHENTICATED', 401],
];
const grpcNames: ReadonlyMap<string, number> = new Map(grpcCodes);

/** Parts of code words, whoever writes them, in small letters and digits alone; the first row that fits holds. */
const codeWords: readonly (readonly [RegExp, number])[] = [
  [/ratelimit|toomanyrequests|throttl|exhausted|quota|limitexceeded|limitreached/, 429],
  [/credit|balance|billing|payment|arrears|spendlimit/, 402],
  [/apikey|unauth|authentication|authfail|invalidtoken|credential/, 401],
  [/permission|forbidden|accessdenied|unsupportedcountry/, 403],
  [/notfound|unknownmodel|nosuchmodel/, 404],
  [/overload|unavailable|capacity|busy/, 503],
  [/timeout|timedout|deadline/, 504],
  [/internal|servererror|apierror|serviceerror|upstreamerror/, 500],
];

/** Sentences that have no code beside them. None of them speaks of a key or credit by accident, which would put the key out of use. */
const sentences: readonly (readonly [RegExp, number])[] = [
  [
    /rate limit|too many requests|(?:request|qps) limit (?:was |is |has been )?(?:reached|exceeded)|quota (?:was |is |has been )?exceeded|exceeded your current quota|resource has been exhausted/i,
    429,
  ],
  [
    /(?:insufficient|not enough) (?:account )?(?:credit|balance|funds)|credits? (?:is|are) (?:depleted|used up|exhausted)/i,
    402,
  ],
  [/api key (?:is )?(?:not valid|invalid|expired|missing)|(?:invalid|incorrect) api key|^login fail/i, 401],
  [/(?:insufficient|missing|not have (?:the )?(?:required )?) {0,1}(?:permission|scope)/i, 403],
  [/overloaded|high demand|unavailable|at capacity|server (?:is )?busy/i, 503],
  [/timed? ?out|deadline (?:expired|exceeded)/i, 504],
  [/internal|server error|out of memory|crash|something went wrong|failed to|try(?:ing)? again/i, 500],
];

/** Status of an error whose words tell nothing: the request was answered with no, and would be again. */
const otherError = 400;

/**
 * The answer as it was meant: of one with an error inside it, that has no picture, the error's own status, and as `json` the
 * object with the error, whose `error` is an object with a `message`. Every other answer is given back as it is. For answers in
 * which no picture was found: what is beside an error and can be used goes before it.
 */
export function asMeant(answer: Answer): Answer {
  if (!isOk(answer)) return answer;
  for (const body of [answer.json].flat().slice(0, maxEntries).filter(isMembers)) {
    const error = findError(body);
    if (error !== undefined) return { ...answer, status: statusOf(error), json: { ...body, error } };
  }
  return answer;
}

function statusOf(error: FoundError): number {
  const codes = codesOf(error);
  const words = error.message.slice(0, maxWordsLength);
  const first = (read: (code: string) => number | undefined) =>
    codes.map(read).find((status) => status !== undefined);
  const quoted =
    /^(?:error(?: code)?:? {0,3})?([45]\d\d)\b/i.exec(words) ?? /"code": {0,3}([45]\d\d)\b/.exec(words);
  return (
    first(numberOf) ??
    first((code) => grpcNames.get(code.toUpperCase())) ??
    first((code) => match(codeWords, plainName(code, maxWordsLength))) ??
    (quoted === null ? match(sentences, words) : Number(quoted[1])) ??
    otherError
  );
}

function numberOf(code: string): number | undefined {
  if (/^[45]\d\d$/.test(code)) return Number(code);
  return /^1?\d$/.test(code) ? grpcCodes[Number(code)]?.[1] : undefined;
}

function match(rows: readonly (readonly [RegExp, number])[], words: string): number | undefined {
  return rows.find(([pattern]) => pattern.test(words))?.[1];
}
