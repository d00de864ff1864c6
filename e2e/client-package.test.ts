// `@plantain/client` as its users get it: built, packed, installed without a network, and used under each Node that is here: from
// plain ESM, by the code blocks of its guide in their order, and as the command `plantain`.

import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/client/stdio';
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
import { buildClient } from '../scripts/build-client.ts';

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

let server: TestServer;
let tarball: string;
/** A folder in which the package is installed. */
let app: string;

beforeAll(async () => {
  server = await startServer();
  const directory = temporaryDirectory();
  await buildClient(join(directory, 'dist'));
  const packing = ['pack', '--json', '--pack-destination', directory];
  const { stdout } = await run('npm', packing, { cwd: join(directory, 'dist') });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  tarball = join(directory, filename);
  app = join(directory, 'app');
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{"type":"module","private":true}');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: app });
}, setupMs);

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
  expect(heads).toEqual(expect.arrayContaining(['@modelcontextprotocol/server', 'ajv', 'zod']));
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

describe.each([
  [`Node ${versionOf(here)}`, here],
  [older === undefined ? 'a Node of 20 to 25, which is not here' : `Node ${versionOf(older)}`, older],
])('under %s', (_name, node = '') => {
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

  test.skipIf(node === '')('all that the guide shows works from plain ESM', async () => {
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

  test.skipIf(node === '')('plantain says its version and makes a picture', async () => {
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

  test.skipIf(node === '')('plantain mcp serves its tools', async () => {
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
