import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, expect, test } from 'vitest';
import openapi from '../../../openapi.json' with { type: 'json' };
import { rawCall, startServer, type TestServer } from '../server.fixture.ts';

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(openapi, 'openapi.json');

interface Operation {
  summary: string;
  responses: Record<string, { content?: Record<string, { schema?: { $ref?: string } }> }>;
}
const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.entries(methods as Record<string, Operation>).map(
    ([method, operation]) => [method.toUpperCase(), path, operation] as const,
  ),
);

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

test('the front page lists every call of the reference with what it is for', async () => {
  const page = await server.call('/', { key: null });
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  for (const [method, path, { summary }] of operations)
    expect(page.text).toContain(`<code>${method} ${path}</code></td><td>${summary}</td>`);
});

test('the reference is served as it is written', async () => {
  expect((await server.call('/openapi.json', { key: null })).body).toEqual(openapi);
});

test.each(operations)('%s %s answers a caller without a key as the reference says', async (...call) => {
  const [method, path, { responses }] = call;
  const target = path.replaceAll(/\{\w+\}/g, 'x');
  const answer = await rawCall(server.url, { target, method });
  const described = responses[answer.status] ?? responses[`${String(answer.status)[0]}XX`];
  expect(described, `${answer.status}`).toBeDefined();
  const reference = described?.content?.['application/json']?.schema?.$ref;
  if (answer.status >= 400) expect(reference).toBeDefined();
  if (reference === undefined) return;
  const validate = ajv.compile({ $ref: `openapi.json${reference}` });
  expect(validate(answer.body), JSON.stringify(validate.errors)).toBe(true);
});
