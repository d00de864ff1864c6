// Takes out of a text what its writer repeats of something that it was sent: servers quote prompts within JSON within JSON, within
// HTML or an address, and cut long ones.

/** How much must be repeated, where it is a part only. */
const echo = 24;
const removed = '[removed]';

/** The text without the secrets, nor any beginning of one, in every spelling. Secrets of less than `shortest` characters are left. */
export function createEchoRemover(secrets: readonly string[], shortest: number): (text: string) => string {
  const spellings = new Set(secrets.filter(({ length }) => length >= shortest).flatMap(spellingsOf));
  const byBeginning = Map.groupBy(spellings, (spelling) => spelling.slice(0, echo));
  // The longest first, so that what begins with another is taken out whole.
  const ordered = [...byBeginning].toSorted(([a], [b]) => b.length - a.length);
  return (text) => ordered.reduce((rest, [beginning, each]) => withoutEcho(rest, beginning, each), text);
}

/** As it is, within JSON, within JSON of ASCII alone, either within JSON once more, within HTML, and within a URL. */
function spellingsOf(secret: string): string[] {
  const wellFormed = secret.toWellFormed();
  const json = [withinJson(wellFormed), asciiOf(withinJson(wellFormed))];
  const html = wellFormed
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const url = encodeURIComponent(wellFormed);
  return [
    wellFormed,
    ...json,
    ...json.map(withinJson),
    html,
    html.replaceAll("'", '&#39;'),
    html.replaceAll('&quot;', '"'),
    url,
    url.replaceAll('%20', '+'),
  ];
}

function withinJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function asciiOf(json: string): string {
  let ascii = '';
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    ascii += code < 0x80 ? json[at] : `\\u${code.toString(16).padStart(4, '0')}`;
  }
  return ascii;
}

/** Takes out each place that begins so, as far as one of the spellings goes on there. */
function withoutEcho(text: string, beginning: string, spellings: readonly string[]): string {
  let at = text.indexOf(beginning);
  if (at < 0) return text;
  let shown = '';
  let from = 0;
  while (at >= 0) {
    const place = at;
    shown += text.slice(from, place) + removed;
    from = place + Math.max(...spellings.map((spelling) => lengthAlike(text, place, spelling)));
    at = text.indexOf(beginning, from);
  }
  return shown + text.slice(from);
}

function lengthAlike(text: string, place: number, spelling: string): number {
  let length = 0;
  while (length < spelling.length && text[place + length] === spelling[length]) length += 1;
  return length;
}
