// Reads `If-None-Match`, which lists the answers that a client has already. RFC 9110, section 13.1.2.

/** Whether the header lists this entity tag, by weak comparison, or is `*`. The tag has neither commas nor quotes within. */
export function matchesTag(header: string, tag: string): boolean {
  // The quotes are part of the search: within a list, quotes stand around whole tags only.
  return header.includes(opaque(tag)) || header.trim() === '*';
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
