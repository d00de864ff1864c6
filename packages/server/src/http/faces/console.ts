// The console: built files, read once at the start. Every address in them is relative, so they work behind any path prefix.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Face } from '../app.ts';
import { createStaticFile } from '../static-file.ts';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * `directory` holds the build; without one, whoever opens the server is sent to its reference. Pictures may come from this server, and
 * from wherever else its result links lead: `pictureOrigins`.
 */
export function consoleFace({
  directory,
  pictureOrigins,
}: {
  directory: string;
  pictureOrigins: () => readonly string[];
}): Face {
  if (!existsSync(join(directory, 'index.html')))
    return (app) => void app.get('/', (_request, reply) => reply.redirect('docs', 302));
  // Asked for each page: a server on a free port learns its own address only when it listens.
  const policy = () =>
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      `img-src 'self' blob: data: ${pictureOrigins().join(' ')}`.trim(),
      // For those that the page packs into a file.
      `connect-src 'self' ${pictureOrigins().join(' ')}`.trim(),
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; ');
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(
    (name) => contentTypes[extname(name)] !== undefined,
  );
  return (app) => {
    for (const name of names) {
      const path = name.replaceAll('\\', '/');
      const send = createStaticFile({
        bytes: readFileSync(join(directory, name)),
        contentType: contentTypes[extname(name)] ?? '',
        // Vite puts a hash of the content into the name of whatever lies there.
        isImmutable: path.startsWith('assets/'),
      });
      app.get(path === 'index.html' ? '/' : `/${path}`, (request, reply) => {
        reply
          .header('Content-Security-Policy', policy())
          .header('Referrer-Policy', 'no-referrer')
          .header('Cross-Origin-Opener-Policy', 'same-origin');
        return send(request, reply);
      });
    }
  };
}
