// Takes secrets out of longer texts that somebody else wrote, in every spelling in which a server may repeat them. Unlike `safeText`
// it leaves the lines of a text as they are.

import { keyLike } from './safe-text.ts';

/** The text without the secrets and without what looks like a key or base64, at most `limit` characters of it. */
export type Clearing = (text: string, limit?: number) => string;

/** A secret shorter than this would take letters out of every word. */
const shortest = 3;
/** How much of a secret an upstream must repeat, where it repeats a part only, as it cuts long prompts. */
const echo = 24;
const removed = '[removed]';

export function createClearing(secrets: readonly string[]): Clearing {
  const spellings = new Set(secrets.filter((secret) => secret.length >= shortest).flatMap(spellingsOf));
  // The longest first, so that what begins with another is taken out whole.
  const ordered = [...spellings].toSorted((a, b) => b.length - a.length);
  return (text, limit = Infinity) => {
    // Beyond the limit nothing is shown, but what begins before it has to be seen whole.
    let shown = text.length > 2 * limit + longestLooked ? text.slice(0, 2 * limit + longestLooked) : text;
    for (const spelling of ordered) shown = withoutEcho(shown, spelling);
    shown = shown.replaceAll(keyLike, removed);
    return shown.length > limit ? `${shown.slice(0, limit).toWellFormed()}…` : shown.toWellFormed();
  };
}

const longestLooked = 20_000;

/** As it is, within JSON, within JSON of ASCII alone, within HTML, and within a URL. */
function spellingsOf(secret: string): string[] {
  const wellFormed = secret.toWellFormed();
  const json = JSON.stringify(wellFormed).slice(1, -1);
  const html = wellFormed
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const url = encodeURIComponent(wellFormed);
  return [
    wellFormed,
    json,
    asciiOf(json),
    html,
    html.replaceAll("'", '&#39;'),
    url,
    url.replaceAll('%20', '+'),
  ];
}

function asciiOf(json: string): string {
  let ascii = '';
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    ascii += code < 0x80 ? json[at] : `\\u${code.toString(16).padStart(4, '0')}`;
  }
  return ascii;
}

/** Takes out the secret, and every longer beginning of it. */
function withoutEcho(text: string, secret: string): string {
  const beginning = secret.slice(0, echo);
  let at = text.indexOf(beginning);
  if (at < 0) return text;
  let shown = '';
  let from = 0;
  while (at >= 0) {
    let length = beginning.length;
    while (length < secret.length && text[at + length] === secret[length]) length += 1;
    shown += text.slice(from, at) + removed;
    from = at + length;
    at = text.indexOf(beginning, from);
  }
  return shown + text.slice(from);
}
