// Several links in one text. Links may have commas, and each `data:` URI has one: only one that a link follows stands between two.

/** Beginnings of links that are looked at; in one text there are no more by far. */
const maxScanned = 10_000;

/** The links of a text with commas or line breaks between them, at most one more than `most`; a text that is one link is given back. */
export function splitLinks(text: string, most: number): string[] {
  const links: string[] = [];
  const starts = /https?:\/\/|data:/gi;
  let begin = 0;
  for (let looks = 0; looks < maxScanned && links.length < most; looks += 1) {
    const start = starts.exec(text)?.index;
    if (start === undefined) break;
    const end = endBefore(text, begin, start);
    if (end === undefined) continue;
    links.push(text.slice(begin, end));
    begin = start;
  }
  const last = text.slice(begin);
  if (links.length === 0) return [last];
  return [...links, last.replace(/,$/, '')].filter((link) => link.trim() !== '');
}

/** Where the link ends that began at `begin`, if the one at `start` is the next; no further back than that link. */
function endBefore(text: string, begin: number, start: number): number | undefined {
  let at = start;
  let isBroken = false;
  while (at > begin && (text.charCodeAt(at - 1) <= 0x20 || text[at - 1] === ',')) {
    at -= 1;
    if (text[at] === ',' || text[at] === '\n' || text[at] === '\r') isBroken = true;
  }
  return isBroken ? at : undefined;
}
