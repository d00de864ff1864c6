// `@plantain/client` as its users get it: packed, installed from a server, bundled for browsers, and used under each Node that is here:
// from plain ESM, by the code blocks of its guide in their order, and as the command `plantain`, every part of it.

import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { build } from 'esbuild';
import { publint } from 'publint';
import sharp from 'sharp';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import packageJson from '../packages/client/package.json' with { type: 'json' };
import {
  adminKey,
  startServer,
  temporaryDirectory,
  type TestServer,
} from '../packages/server/src/http/server.fixture.ts';
import { packClient } from '../scripts/pack-client.ts';
import { isMissing } from './needed-tool.fixture.ts';

const run = promisify(execFile);
const bin = (name: string) => join(import.meta.dirname, '..', 'node_modules', '.bin', name);
/** Long lists of what npm and the compiler do on a machine that is busy. */
const setupMs = 120_000;

const here = process.execPath;
const ofTheMachine = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => join(folder, 'node'))
  .find((path) => existsSync(path));
const versionOf = (node: string) => execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
const older =
  ofTheMachine !== undefined && /^v2[0-5]\./.test(versionOf(ofTheMachine)) ? ofTheMachine : undefined;

const nodes = [here, older].filter((node) => node !== undefined);
isMissing('Node of 20 to 25', nodes.length === 2);

let server: TestServer;
let tarball: string;
/** A folder in which the package is installed. */
let app: string;

beforeAll(async () => {
  server = await startServer();
  const directory = temporaryDirectory();
  // Where set-up puts it and the server looks for it.
  tarball = join(import.meta.dirname, '..', 'packages', 'server', 'dist', 'client.tgz');
  await packClient(tarball);
  app = join(directory, 'app');
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{"type":"module","private":true}');
  // No other registry is there to be asked, and the npm is that of the oldest Node.
  const flags = [
    '--registry=http://127.0.0.1:1',
    `--cache=${join(directory, 'cache')}`,
    '--no-audit',
    '--no-fund',
  ];
  const path =
    older === undefined ? process.env['PATH'] : `${dirname(older)}${delimiter}${process.env['PATH']}`;
  const env = { ...process.env, PATH: path };
  await run('npm', ['install', `${server.url}/client.tgz`, ...flags], { cwd: app, env });
}, setupMs);

test('what npm installs is what the server says that it hands out, and the same bytes come of the same sources', async () => {
  const lock = JSON.parse(readFileSync(join(app, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { integrity?: string }>;
  };
  const told = (await (await fetch(`${server.url}/client.json`)).json()) as { integrity: string };
  expect(lock.packages['node_modules/@plantain/client']?.integrity).toBe(told.integrity);
  const again = join(temporaryDirectory(), 'again.tgz');
  await packClient(again);
  expect(readFileSync(again).equals(readFileSync(tarball))).toBe(true);
});

test('esbuild bundles it for a browser, with nothing of Node in it, and the bundle makes a picture', async () => {
  const page = `
    import { createClient, TaskFailedError } from '@plantain/client';
    const client = createClient({ baseUrl: ${JSON.stringify(server.url)}, apiKey: ${JSON.stringify(adminKey)} });
    const task = await client.wait(await client.generate({ prompt: 'a banana' }));
    const failed = await client.wait(await client.generate({ prompt: '[[fail no_image]]' })).catch((error) => error);
    const noPath = await client.files.upload('a.png').catch((error) => error);
    console.log(task.state, failed instanceof TaskFailedError, failed.type, noPath.message);`;
  for (const contents of [page, `export { PlantainError } from '@plantain/client'`]) {
    const { warnings, outputFiles } = await build({
      stdin: { contents, resolveDir: app },
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      logLevel: 'silent',
    });
    expect(warnings).toEqual([]);
    const [{ text } = { text: '' }] = outputFiles;
    expect(text).not.toMatch(/["']node:|\brequire\(/);
    if (contents !== page) continue;
    writeFileSync(join(app, 'bundle.js'), text);
    const { stdout } = await run(here, ['bundle.js'], { cwd: app });
    expect(stdout).toBe('succeeded true no_image There are no files with paths here.\n');
  }
});

test('the package is right for its linters, needs no other, and has the licences of what it brings', async () => {
  const bytes = readFileSync(tarball);
  const { messages } = await publint({ pack: { tarball: new Uint8Array(bytes).buffer }, strict: true });
  expect(messages).toEqual([]);
  await run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-color']).catch(
    (error: { stdout: string }) => expect.unreachable(error.stdout),
  );
  expect(readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
    '@plantain',
  ]);
  const licences = readFileSync(join(app, 'node_modules/@plantain/client/THIRD-PARTY-LICENSES'), 'utf8');
  const heads = licences.split(/^-{80}$/m).map((each) => each.trim().split('\n')[0]);
  expect(heads).toEqual(
    expect.arrayContaining(['@modelcontextprotocol/server', 'ajv', 'eventsource-parser', 'zod']),
  );
});

test('no command but mcp needs the code of the protocol', async () => {
  const copy = join(temporaryDirectory(), 'client');
  cpSync(join(app, 'node_modules/@plantain/client'), copy, { recursive: true });
  rmSync(join(copy, 'cli/stdio.js'));
  const entry = join(copy, 'cli/main.js');
  const env = { PLANTAIN_URL: server.url, PLANTAIN_API_KEY: adminKey };
  expect((await run(here, [entry, '--version'])).stdout).toBe(`${packageJson.version}\n`);
  await expect(run(here, [entry, 'mcp'], { env })).rejects.toThrow('Command failed');
});

describe.each(nodes.map((node) => [versionOf(node), node] as const))('under Node %s', (_version, node) => {
  /** The settings of a key that has no tasks yet, and this Node before every other. */
  async function environment(): Promise<Record<string, string>> {
    const key = await server.newKey(`plantain_key_${crypto.randomUUID()}`);
    return {
      ...getDefaultEnvironment(),
      HOME: app,
      PATH: `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}`,
      PLANTAIN_URL: server.url,
      PLANTAIN_API_KEY: key,
    };
  }
  const command = () => join(app, 'node_modules', '.bin', 'plantain');

  test('all that the guide shows works from plain ESM', async () => {
    const env = await environment();
    const readme = readFileSync(join(app, 'node_modules/@plantain/client/README.md'), 'utf8');
    const printed: string[] = [];
    for (const [index, [, block = '']] of [...readme.matchAll(/^```js\n(.*?)^```$/gms)].entries()) {
      writeFileSync(join(app, `${index}.js`), block);
      printed.push((await run(node, [`${index}.js`], { cwd: app, env })).stdout);
    }
    const [first, edits, many, wrong, webhooks] = printed;
    expect(first).toMatch(/^succeeded 1$/m);
    expect(readFileSync(join(app, 'cat.png')).subarray(1, 4).toString()).toBe('PNG');
    expect(edits?.match(/^http\S+\.png\?\S+$/gm)).toHaveLength(2);
    expect(many).toMatch(/^2\n\S{36} 1\n\S{36} 1\n2 0\n$/);
    expect(wrong).toMatch(/^content_rejected false \S/);
    expect(webhooks).toBe('');
  });

  test('plantain says its version and makes a picture', async () => {
    const cwd = temporaryDirectory();
    const env = await environment();
    expect((await run(command(), ['--version'], { cwd, env })).stdout).toBe(`${packageJson.version}\n`);
    const made = await run(command(), ['generate', 'a cat', '-o', 'cat.png'], { cwd, env });
    expect(made.stdout).toBe('cat.png\n');
    expect(await sharp(readFileSync(join(cwd, 'cat.png'))).metadata()).toMatchObject({
      format: 'png',
      width: 1024,
    });
  });

  // Each command is a process: the oldest Node tells most, and once is enough.
  test.skipIf(node !== (older ?? here))(
    'every command of plantain does its work',
    async () => {
      const cwd = temporaryDirectory();
      const env = await environment();
      const used = new Set(['mcp']);
      async function plantain(...args: string[]) {
        used.add(args[0] ?? '');
        const running = run(command(), args, { cwd, env });
        // login would wait for a key.
        running.child.stdin?.end();
        const { code, stdout, stderr } = await running.then(
          (end) => ({ code: 0, ...end }),
          (error: { code: number; stdout: string; stderr: string }) => error,
        );
        return { code, said: stderr, printed: stdout.trim() };
      }
      const ids: Record<string, string> = {};
      for (const prompt of ['a cat', '[[hang]]', '[[fail content_rejected]]'])
        ids[prompt] = (await plantain('generate', prompt, '--no-wait')).printed;
      const [cat = '', hanging = '', failed = ''] = Object.values(ids);
      expect(await plantain('wait', cat, '-o', 'cat.png')).toMatchObject({ code: 0, printed: 'cat.png' });
      expect((await plantain('wait', failed)).code).toBe(1);
      expect((await plantain('status', cat)).printed).toContain('succeeded');
      expect((await plantain('cancel', hanging)).code).toBe(0);
      expect((await plantain('retry', failed, '--no-wait')).printed).toMatch(/^\S{36}$/);
      expect((await plantain('edit', 'cat.png', 'at night', '-o', 'night.webp')).code).toBe(0);
      expect((await plantain('list', '--json', '--after', '1h')).printed.split('\n')).toHaveLength(5);
      expect((await plantain('delete', cat)).code).toBe(0);
      writeFileSync(
        join(cwd, 'prompts.jsonl'),
        'one\n{"prompt":"[[fail no_image]]"}\n{"prompt":"[[fail no_image]] again"}\n',
      );
      const batch = ['batch', 'prompts.jsonl', '-o', 'out'];
      expect(await plantain(...batch)).toMatchObject({
        code: 1,
        said: expect.stringContaining('2 failed, line 2, 3: no_image: '),
        printed: join('out', '1.png'),
      });
      expect(await plantain(...batch, '--retry-failed')).toMatchObject({
        code: 1,
        said: expect.stringContaining('1 of 3 were done before.'),
      });
      const uploaded = (await plantain('files', 'upload', 'cat.png', '--json')).printed;
      const { file_id: file } = JSON.parse(uploaded) as { file_id: string };
      for (const args of [['list'], ['show', file], ['delete', file]])
        expect((await plantain('files', ...args)).printed).toContain(file);
      expect((await plantain('me')).printed).toContain('tasks, files, webhooks, read');
      expect((await plantain('usage', '--by', 'model')).printed).toContain('total');
      expect((await plantain('completion', 'bash')).printed).toContain('_plantain');
      expect((await plantain('login', server.url)).code).toBe(2);

      used.add('webhooks');
      const listening = spawn(command(), ['webhooks', 'listen', '--port', '0'], { cwd, env });
      await once(listening.stderr, 'data');
      listening.kill('SIGINT');
      expect(await once(listening, 'close')).toEqual([130, null]);
      const names = [...(await plantain('help')).printed.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(
        ([, name]) => name,
      );
      expect([...used].filter((name) => name !== 'help').toSorted()).toEqual(names.map(String).toSorted());
    },
    setupMs,
  );

  test('plantain mcp serves its tools', async () => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'legacy' } });
    onTestFinished(() => client.close());
    await client.connect(
      new StdioClientTransport({ command: command(), args: ['mcp'], env: await environment() }),
    );
    expect(client.getServerVersion()).toMatchObject({ version: packageJson.version });
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toContain('generate_image');
    const made = await client.callTool({ name: 'generate_image', arguments: { prompt: 'a cat' } });
    expect(made).toMatchObject({
      content: expect.arrayContaining([expect.objectContaining({ type: 'image' })]),
    });
  });
});
