// Warnings of a task in a header, for faces whose form has no place for them: what was changed or ignored is told in every face.

import type { FastifyReply } from 'fastify';

export const warningsHeader = 'X-Plantain-Warnings';

/** In characters. Node takes 16 KiB of headers in all, and proxies 4 to 8. */
const maxLength = 2_000;
const maxWarnings = 20;

/**
 * Sets the header to a JSON list in ASCII, where there are any. A list that would be too long ends with how many more there are.
 */
export function tellWarnings(reply: FastifyReply, warnings: readonly string[]): void {
  if (warnings.length === 0) return;
  for (let told = Math.min(warnings.length, maxWarnings); ; told -= 1) {
    const left = warnings.length - told;
    const list = [...warnings.slice(0, told), ...(left === 0 ? [] : [`${left} more`])];
    const text = toAscii(JSON.stringify(list));
    if (text.length > maxLength && told > 0) continue;
    reply.header(warningsHeader, text);
    return;
  }
}

/** JSON with an escape for each code unit that is no printable ASCII. */
function toAscii(json: string): string {
  return json.replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
