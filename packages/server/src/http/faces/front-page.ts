// What a person sees who opens the server in a browser, and the reference for programs.

import type { ModelTable } from '../../core/models.ts';
import openapi from '../../../openapi.json' with { type: 'json' };
import type { Face } from '../app.ts';
import { jsonType } from '../answer.ts';

export function frontPageFace({
  models,
  upstreams,
}: {
  models: ModelTable;
  upstreams: readonly string[];
}): Face {
  const page = renderPage(models, upstreams);
  const reference = JSON.stringify(openapi);
  return (app) => {
    app.get('/', (_request, reply) =>
      reply
        .type('text/html; charset=utf-8')
        .header(
          'Content-Security-Policy',
          "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        )
        .header('X-Content-Type-Options', 'nosniff')
        .send(page),
    );
    app.get('/openapi.json', (_request, reply) => reply.type(jsonType).send(reference));
  };
}

/** Everything on it comes from this server's own tables, and from names in the settings that are plain by rule, so nothing needs escaping. */
function renderPage(models: ModelTable, upstreams: readonly string[]): string {
  const calls = Object.entries(openapi.paths).flatMap(([path, operations]) =>
    Object.entries(operations as Record<string, { summary: string }>).map(
      ([method, { summary }]) =>
        `<tr><td><code>${method.toUpperCase()} ${path}</code></td><td>${summary}</td></tr>`,
    ),
  );
  const rows = models.all.map(
    ({ name, aliases, sizes, maxInputs }) =>
      `<tr><td><code>${name}</code></td><td>${sizes.join(' ')}</td><td>${maxInputs}</td><td>${aliases.join(', ')}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Plantain</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 3rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; width: 100%; }
  td, th { text-align: left; vertical-align: top; padding: 0.3rem 1rem 0.3rem 0; border-bottom: 1px solid #8884; }
  code { font-size: 0.9em; overflow-wrap: anywhere; }
</style>
<h1>Plantain</h1>
<p>A server for asynchronous picture generation that speaks the nano-banana task API: post a prompt, or pictures to edit,
and get a task id at once; ask for the task until its state is <code>succeeded</code> and the pictures are there.
Pictures come from <strong>${upstreams.join(', ')}</strong>. The machine-readable reference is <a href="openapi.json">openapi.json</a>.</p>
<h2>Calls</h2>
<table>${calls.join('')}</table>
<p>Send your key in the <code>Authorization</code> header, alone or after <code>Bearer</code>.</p>
<h2>Models</h2>
<table><tr><th>Name</th><th>Sizes</th><th>Inputs</th><th>Also called</th></tr>${rows.join('')}</table>
</html>
`;
}
