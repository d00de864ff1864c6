// `If-None-Match`: which answers a client has already. RFC 9110, section 13.1.2.

/** Whether the header lists this entity tag, by weak comparison, or is `*`. The tag has neither commas nor quotes within. */
export function matchesTag(header: string, tag: string): boolean {
  // The quotes count: in a list of tags no other stands between them than a whole one.
  return header.includes(opaque(tag)) || header.trim() === '*';
}

function opaque(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag;
}
