// Makes a short line that may be shown out of a text that somebody else wrote: an error message of a server
// can echo the key, the prompt or a whole picture in base64 that it was sent.

import { createEchoRemover } from './echoes.ts';

/** A secret shorter than this is an ordinary word; taking it out would only spoil the sentence. */
const minSecretLength = 8;
/** How much of a text is looked at; no message of use is longer. */
const maxTextLength = 20_000;
/** Google's and OpenAI's keys, bearer tokens, and runs that are base64 rather than words. */
export const keyLike = /AIza[\w-]{8,}|\bAQ\.[\w-]{8,}|\bsk-[\w-]{8,}|\bBearer\s+\S+|[A-Za-z0-9+/_=-]{64,}/g;

/**
 * One line of at most `limit` characters (and `…` when it was cut), without the given secrets, in whatever spelling and
 * however much of their beginning is repeated, and without anything that looks like a key or base64; each is replaced by `[removed]`.
 */
export function safeText(text: string, secrets: readonly string[], limit: number): string {
  const withoutEchoes = createEchoRemover([...secrets, ...secrets.map(oneLine)], minSecretLength);
  const line = withoutEchoes(oneLine(beginningOf(text))).replaceAll(keyLike, '[removed]');
  return line.length <= limit ? line.toWellFormed() : `${line.slice(0, limit).toWellFormed()}…`;
}

/** Ends between two words, so that no half of a key escapes the search. */
function beginningOf(text: string): string {
  return text.length <= maxTextLength
    ? text
    : text.slice(0, Math.max(0, text.lastIndexOf(' ', maxTextLength)));
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
}
