// `@plantain/client` as its users get it: built, packed, installed without a network, and used from plain ESM,
// by the code blocks of its guide in their order.

import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { expect, test } from 'vitest';
import { buildClient } from '../scripts/build-client.ts';
import { startServer, temporaryDirectory } from './server-process.ts';

const run = promisify(execFile);
const bin = (name: string) => join(import.meta.dirname, '..', 'node_modules', '.bin', name);

async function pack(): Promise<{ directory: string; tarball: string }> {
  const directory = temporaryDirectory();
  buildClient(join(directory, 'dist'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', directory], {
    cwd: join(directory, 'dist'),
  });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  return { directory, tarball: join(directory, filename) };
}

test(
  'the packed client is right for its linters, and all that its guide shows works from plain ESM',
  { timeout: 120_000 },
  async () => {
    const { directory, tarball } = await pack();

    const bytes = readFileSync(tarball);
    const { messages } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true });
    expect(messages).toEqual([]);
    await run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-color']).catch(
      (error: { stdout: string }) => expect.unreachable(error.stdout),
    );

    const app = join(directory, 'app');
    mkdirSync(app);
    writeFileSync(join(app, 'package.json'), '{"type":"module","private":true}');
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: app });
    const server = await startServer(join(directory, 'data'));
    const env = { ...process.env, PLANTAIN_URL: server.url, PLANTAIN_API_KEY: server.key ?? '' };
    const readme = readFileSync(join(app, 'node_modules', '@plantain', 'client', 'README.md'), 'utf8');
    const printed: string[] = [];
    for (const [index, [, block = '']] of [...readme.matchAll(/^```js\n(.*?)^```$/gms)].entries()) {
      writeFileSync(join(app, `${index}.js`), block);
      printed.push((await run(process.execPath, [`${index}.js`], { cwd: app, env })).stdout);
    }
    const [first, edits, many, wrong, webhooks] = printed;
    expect(first).toMatch(/^succeeded 1$/m);
    expect(readFileSync(join(app, 'cat.png')).subarray(1, 4).toString()).toBe('PNG');
    expect(edits?.match(/^http\S+\.png\?\S+$/gm)).toHaveLength(2);
    expect(many).toMatch(/^2\n\S{36} 1\n\S{36} 1\n2 0\n$/);
    expect(wrong).toMatch(/^content_rejected false \S/);
    expect(webhooks).toBe('');
  },
);
