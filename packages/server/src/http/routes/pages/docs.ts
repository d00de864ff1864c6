// The reference: the OpenAPI document for programs, and Scalar's page of it for people. The page gets all it needs from this server
// and may ask nobody else; its addresses are relative, so that it works behind any path prefix.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { anyone } from '../../access/access.ts';
import type { Face } from '../../app.ts';
import { jsonType } from '../../answer.ts';
import { json } from '../../openapi/responses.ts';
import { sent } from '../../route/forms.ts';
import { route } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import { createStaticFile, onDemand } from '../../pictures/static-file.ts';

/** Styles are inline because the script makes them; it needs no `eval`. Pictures are those of this server's answers. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** https://github.com/scalar/scalar/blob/main/documentation/configuration.md */
const configuration = {
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  showDeveloperTools: 'never',
  hideClientButton: true,
  documentDownloadType: 'direct',
};

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Plantain API</title>
</head>
<body>
<script id="api-reference" type="application/json" data-url="openapi.json" data-configuration="${JSON.stringify(configuration).replaceAll('"', '&quot;')}"></script>
<script src="docs/scalar.js"></script>
</body>
</html>
`;

const shared = { method: 'get', tag: 'Operating', access: anyone } as const;
export const docsRoutes = {
  showReference: route({
    ...shared,
    path: '/docs',
    summary: 'This reference as a page',
    answers: sent({
      200: { description: 'The page', content: { 'text/html': { schema: { type: 'string' } } } },
    }),
  }),
  getReference: route({
    ...shared,
    path: '/openapi.json',
    summary: 'This reference as an OpenAPI document',
    answers: sent({ 200: json({ type: 'object' }, { description: 'The document' }) }),
  }),
};

export interface DocsParts {
  serve: Serve;
  /** The document. */
  file: string;
  /** Asked for when there is a first reader: a server on a free port learns it only once it listens. */
  publicUrl: () => string;
}

export function docsFace({ serve, file, publicUrl }: DocsParts): Face {
  async function readDocument(): Promise<Uint8Array> {
    const document = JSON.parse(await readFile(file, 'utf8')) as { servers: { url: string }[] };
    // Calls begin behind the path prefix that a proxy may take off.
    const servers = document.servers.map((server) => ({ ...server, url: new URL(publicUrl()).pathname }));
    return Buffer.from(JSON.stringify({ ...document, servers }));
  }
  const sendDocument = onDemand(readDocument, jsonType);
  const sendScript = onDemand(readScript, 'text/javascript; charset=utf-8');
  const sendPage = createStaticFile({
    bytes: Buffer.from(page),
    contentType: 'text/html; charset=utf-8',
    isImmutable: false,
  });
  const pages = serve(docsRoutes, {
    showReference({ request, reply }) {
      // One level deeper the relative addresses would lead elsewhere.
      if (/\/(\?|$)/.test(request.url)) return reply.redirect('../docs', 308);
      reply.header('Content-Security-Policy', policy).header('Referrer-Policy', 'no-referrer');
      return sendPage(request, reply);
    },
    getReference: ({ request, reply }) => sendDocument(request, reply),
  });
  return (app, answers) => {
    pages(app, answers);
    app.get('/docs/scalar.js', sendScript);
  };
}

/**
 * The browser's script, which the package (@scalar/fastify-api-reference 1.76.3) holds as a string of 5 MB. It is cut out of its
 * file: to import that, and to ask the plugin for it, held the server up for most of a second.
 */
async function readScript(): Promise<Uint8Array> {
  const file = fileURLToPath(import.meta.resolve('@scalar/fastify-api-reference'));
  const [, literal] = /^var standalone_default = (".*");$/m.exec(await readFile(file, 'utf8')) ?? [];
  if (literal === undefined) throw new Error(`${file} has no script for browsers.`);
  return Buffer.from(runInThisContext(literal) as string);
}
