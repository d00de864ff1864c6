// The console: built files, read once at the start. Every address in them is relative, so they work behind any path prefix. A program that
// asks for `/` is told where the API is described.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { wantsHtml } from '../status/accept.ts';
import type { Answers } from '../answer.ts';
import type { Face } from '../app.ts';
import { createStaticFile } from '../pictures/static-file.ts';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

type SendPage = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | Promise<FastifyReply>;

/**
 * `directory` holds the build; without one, whoever opens the server is sent to its reference. Pictures may come from this server, and
 * from wherever else its result links lead: `pictureOrigins`. `publicPath` is what a proxy takes off, without a slash at its end.
 */
export function consoleFace({
  directory,
  pictureOrigins,
  version,
  publicPath,
}: {
  directory: string;
  pictureOrigins: () => readonly string[];
  version: string;
  publicPath: () => string;
}): Face {
  const forPrograms =
    (answers: Answers, page: SendPage) => (request: FastifyRequest, reply: FastifyReply) => {
      reply.header('Vary', 'Accept');
      if (wantsHtml(request.headers.accept)) return page(request, reply);
      const at = publicPath();
      const data = { name: 'Plantain', version, docs: `${at}/docs`, openapi: `${at}/openapi.json` };
      return answers.success(request, reply, JSON.stringify(data));
    };
  if (!existsSync(join(directory, 'index.html')))
    return (app, answers) =>
      void app.get(
        '/',
        forPrograms(answers, (_request, reply) => reply.redirect('docs', 302)),
      );
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
  return (app, answers) => {
    for (const name of names) {
      const path = name.replaceAll('\\', '/');
      const send = createStaticFile({
        bytes: readFileSync(join(directory, name)),
        contentType: contentTypes[extname(name)] ?? '',
        // Vite puts a hash of the content into the name of whatever lies there.
        isImmutable: path.startsWith('assets/'),
        ...(path === 'index.html' ? { vary: 'Accept' } : {}),
      });
      const sendPage: SendPage = (request, reply) => {
        reply
          .header('Content-Security-Policy', policy())
          .header('Referrer-Policy', 'no-referrer')
          .header('Cross-Origin-Opener-Policy', 'same-origin');
        return send(request, reply);
      };
      if (path === 'index.html') app.get('/', forPrograms(answers, sendPage));
      else app.get(`/${path}`, sendPage);
    }
  };
}
