// The cookie that holds a session's secret. No script can read it, no other site's page can send it with more than a link, and over https no
// other host can set it: https://www.rfc-editor.org/rfc/rfc6265.html and, for the prefix, draft-ietf-httpbis-rfc6265bis section 4.1.3.2.

import { hash } from 'node:crypto';
import { isSessionSecret, longestSessionMs } from '../../core/sessions/sessions.ts';

export interface SessionCookie {
  /**
   * Gives the secrets in a `Cookie` header, in its order, without those that have not the shape of one; at most `maxRead`. Over http another port or
   * a sibling name can set a cookie of this name too, so the one of the session need not be the first.
   */
  read(header: string | undefined): string[];
  /** Value of `Set-Cookie` with this secret. Without `keep` the browser forgets it when it is closed. */
  set(secret: string, keep: boolean): string;
  /** Values of `Set-Cookie` that delete the cookie, also one that was set for `/api` alone. */
  clear(): string[];
}

/** Secrets that are looked up of one request. */
const maxRead = 4;

/**
 * Over https the cookie is that of this host alone. `publicUrl` gives the beginning of links, which a server on a free port knows when it listens; its
 * hash makes the name, as the cookies of all servers on one host are the same browser's.
 */
export function createSessionCookie(publicUrl: () => string): SessionCookie {
  const isSecure = new URL(publicUrl()).protocol === 'https:';
  const rest = `HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  // The prefix demands the root as path, also where the server is below another.
  const attributes = `Path=/; ${rest}`;
  const nameNow = () => `${isSecure ? '__Host-' : ''}plantain-${hash('sha256', publicUrl()).slice(0, 8)}`;
  const clearAt = (path: string) => `${nameNow()}=; Path=${path}; ${rest}; Max-Age=0`;
  return {
    read(header) {
      const found: string[] = [];
      if (header === undefined) return found;
      const name = nameNow();
      for (const pair of header.split(';')) {
        const at = pair.indexOf('=');
        if (at === -1 || pair.slice(0, at).trim() !== name) continue;
        const value = pair.slice(at + 1).trim();
        if (isSessionSecret(value) && !found.includes(value)) found.push(value);
        if (found.length === maxRead) break;
      }
      return found;
    },
    set: (secret, keep) =>
      `${nameNow()}=${secret}; ${attributes}${keep ? `; Max-Age=${longestSessionMs / 1000}` : ''}`,
    // A browser takes no cookie of the prefix for another path.
    clear: () => (isSecure ? ['/'] : ['/', '/api']).map(clearAt),
  };
}
