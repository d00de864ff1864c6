// The cookie that holds a session's secret. No script can read it, no other site's page can send it with more than a link, and over https no
// other host can set it: https://www.rfc-editor.org/rfc/rfc6265.html and, for the prefix, draft-ietf-httpbis-rfc6265bis section 4.1.3.2.

import { isSessionSecret, longestSessionMs } from '../../core/sessions/sessions.ts';

export interface SessionCookie {
  /** Gives the secret in a `Cookie` header; `null` where none has the shape of one. Of several the first counts. */
  read(header: string | undefined): string | null;
  /** Value of `Set-Cookie` with this secret. Without `keep` the browser forgets it when it is closed. */
  set(secret: string, keep: boolean): string;
  /** Value of `Set-Cookie` that deletes the cookie. */
  clear(): string;
}

/** `publicUrl` as in the settings: over https the cookie is that of this host alone. */
export function createSessionCookie(publicUrl: string | undefined): SessionCookie {
  const isSecure = publicUrl !== undefined && new URL(publicUrl).protocol === 'https:';
  const name = isSecure ? '__Host-plantain' : 'plantain';
  // The prefix demands the root as path, also where the server is below another.
  const attributes = `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`;
  return {
    read(header) {
      if (header === undefined) return null;
      for (const pair of header.split(';')) {
        const at = pair.indexOf('=');
        if (at === -1 || pair.slice(0, at).trim() !== name) continue;
        const value = pair.slice(at + 1).trim();
        if (isSessionSecret(value)) return value;
      }
      return null;
    },
    set: (secret, keep) =>
      `${name}=${secret}; ${attributes}${keep ? `; Max-Age=${longestSessionMs / 1000}` : ''}`,
    clear: () => `${name}=; ${attributes}; Max-Age=0`,
  };
}
