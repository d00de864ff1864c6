// Where an answer redirects to, as a URL can be read from it.

/**
 * The value of a `Location` header that came with one character for each byte, as HTTP libraries give it. Servers write names in raw UTF-8
 * (or Latin 1): a byte that is no ASCII becomes its percent-encoding, as browsers send it on. Read as characters, it would be encoded twice.
 */
export function readLocation(header: string): string {
  return header.replaceAll(/[\u0080-\u00ff]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
