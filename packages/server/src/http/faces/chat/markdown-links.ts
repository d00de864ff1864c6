// Links to this server's pictures in the Markdown of earlier answers, which clients send back as they were.

/** Links that are looked at, from the end of the text; no answer has as many. */
const maxLinks = 50;
/** In characters. */
const maxLength = 2_048;
/** Characters that no link of this server has. */
const end = /[\s)>"'\]]/;

/** Gives the links that begin with `beginning` and stand where Markdown has them, in their order. */
export function linksIn(text: string, beginning: string): string[] {
  const links: string[] = [];
  let at = text.length;
  for (let looked = 0; looked < maxLinks && at > 0; looked += 1) {
    at = text.lastIndexOf(beginning, at - 1);
    if (at === -1) break;
    if (!/\]\(<?$/.test(text.slice(Math.max(0, at - 3), at))) continue;
    const rest = text.slice(at, at + maxLength);
    links.unshift(rest.slice(0, end.exec(rest)?.index ?? rest.length));
  }
  return [...new Set(links)];
}
