// Examples of the pages docs/faces/*.md, run as they are written by somebody who has nothing else: those of a page one behind the other, as it
// reads. The address of the server and its pace alone are others.

import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { beforeAll, expect, test, vi } from 'vitest';
import type { Envelope, NewKeyData, TaskListData } from '@plantain/client';
import { afterThisFile, afterThisTest } from '../../lib/ends.fixture.ts';
import { startServer, statusPath, type TestServer } from '../server.fixture.ts';

const root = join(import.meta.dirname, '../../../../..');
/** Code of each page that has any, by the page's name. */
const pages = globSync(join(root, 'docs/faces/*.md')).flatMap((file): [name: string, code: string][] => {
  const code = [...readFileSync(file, 'utf8').matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(
    ([, block]) => block,
  );
  return code.length === 0 ? [] : [[basename(file, '.md'), code.join('\n')]];
});

let server: TestServer;
let directory: string;
let cat: string;
beforeAll(async () => {
  server = await startServer();
  // Packages are found from here.
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  directory = mkdtempSync(join(cache, 'examples-'));
  afterThisFile(() => rmSync(directory, { recursive: true, force: true }));
  cat = join(directory, 'cat.png');
  await sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } }).toFile(cat);
});

test.each(pages)('the examples of docs/faces/%s.md do what they say', async (name, code) => {
  const sent = { method: 'POST', body: JSON.stringify({ name }) };
  const { secret: key } = (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body.data;
  vi.stubEnv('PLANTAIN_API_KEY', key);
  const printed = vi.spyOn(console, 'log').mockImplementation(() => {});
  afterThisTest(() => {
    vi.unstubAllEnvs();
    printed.mockRestore();
  });
  const file = join(directory, `${name}.mjs`);
  const here = code
    .replaceAll('http://127.0.0.1:8787', server.url)
    .replaceAll("'cat.png'", JSON.stringify(cat))
    .replaceAll("'responses.jsonl'", JSON.stringify(join(directory, 'responses.jsonl')))
    .replaceAll('2_000', '20');
  writeFileSync(file, here);
  await import(pathToFileURL(file).href);
  const { tasks } = (await server.call<Envelope<TaskListData>>(statusPath, { key })).body.data;
  expect(new Set(tasks.map(({ state }) => state))).toEqual(new Set(['succeeded']));
});
