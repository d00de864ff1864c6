// The console: built files, read once at the start. Every address in them is relative, so they work behind any path prefix. A program that
// asks for `/` is told where the API is described.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { wantsHtml } from '../../status/accept.ts';
import type { Face } from '../../app.ts';
import { anyone } from '../../access/access.ts';
import { reference } from '../../openapi/components.ts';
import { answerExamples, enveloped } from '../../openapi/examples.ts';
import { sent } from '../../route/forms.ts';
import { type Call, route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import { createStaticFile } from '../../pictures/static-file.ts';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

type SendPage = (request: FastifyRequest, reply: FastifyReply) => FastifyReply | Promise<FastifyReply>;

export const homeRoutes = {
  showHome: route({
    method: 'get',
    path: '/',
    tag: 'Operating',
    summary: 'Where this reference is; for browsers the page for people',
    description: 'The page where Accept names text/html, and JSON for everybody else.',
    access: anyone,
    answers: sent({
      200: {
        description: 'Where the reference is, or the page',
        content: {
          'application/json': {
            schema: reference('HomeEnvelope'),
            example: enveloped(answerExamples.Home),
          },
          'text/html': { schema: { type: 'string' } },
        },
      },
    }),
  }),
};

export interface ConsoleParts {
  serve: Serve;
  /** The build; without one, whoever opens the server is sent to its reference. */
  directory: string;
  /** Origins that result links lead to, this server's own among them. */
  pictureOrigins: () => readonly string[];
  version: string;
  /** Beginning of paths that a proxy takes off, without a slash at its end. */
  publicPath: () => string;
}

export function consoleFace({ serve, directory, pictureOrigins, version, publicPath }: ConsoleParts): Face {
  const home = (page: SendPage) =>
    serve(homeRoutes, {
      showHome({ request, reply, answers }: Call<undefined, never, undefined, never>) {
        reply.header('Vary', 'Accept');
        if (wantsHtml(request.headers.accept)) return page(request, reply);
        const at = publicPath();
        const shown = { name: 'Plantain', version, docs: `${at}/docs`, openapi: `${at}/openapi.json` };
        return answers.success(request, reply, JSON.stringify(shown));
      },
    });
  if (!existsSync(join(directory, 'index.html')))
    return home((_request, reply) => reply.redirect('docs', 302));
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter(
    (name) => contentTypes[extname(name)] !== undefined,
  );
  return (app, answers) => {
    for (const name of names) {
      const path = name.replaceAll('\\', '/');
      const sendPage = pageOf(join(directory, name), path, pictureOrigins);
      if (path === 'index.html') home(sendPage)(app, answers);
      else app.get(`/${path}`, sendPage);
    }
  };
}

/** Sends a file of the build, with the headers that keep it to itself. */
function pageOf(file: string, path: string, pictureOrigins: ConsoleParts['pictureOrigins']): SendPage {
  const send = createStaticFile({
    bytes: readFileSync(file),
    contentType: contentTypes[extname(file)] ?? '',
    // Vite puts a hash of the content into the name of whatever lies there.
    isImmutable: path.startsWith('assets/'),
    ...(path === 'index.html' ? { vary: 'Accept' } : {}),
  });
  return (request, reply) => {
    reply
      .header('Content-Security-Policy', policyFor(pictureOrigins()))
      .header('Referrer-Policy', 'no-referrer')
      .header('Cross-Origin-Opener-Policy', 'same-origin');
    return send(request, reply);
  };
}

/** Asked for with each page: a server on a free port learns its own address only when it listens. */
function policyFor(pictureOrigins: readonly string[]): string {
  const origins = pictureOrigins.join(' ');
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' blob: data: ${origins}`.trim(),
    // For those that the page packs into a file.
    `connect-src 'self' ${origins}`.trim(),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
