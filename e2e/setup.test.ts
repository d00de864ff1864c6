import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryDirectory } from './server-process.ts';

const run = promisify(execFile);
const setup = fileURLToPath(new URL('../scripts/setup.mjs', import.meta.url));

/** A project of the same shape, whose packages lie in it, and whose console is only the environment that it was built in. */
async function smallProject(): Promise<string> {
  const root = temporaryDirectory();
  const files = {
    'package.json': JSON.stringify({
      dependencies: { node: 'file:parts/node', vite: 'file:parts/vite' },
      devDependencies: { linter: 'file:parts/linter' },
    }),
    'parts/linter/package.json': '{ "name": "linter", "version": "1.0.0" }',
    'parts/node/package.json': '{ "name": "node", "version": "1.0.0" }',
    'parts/node/bin/node': `#!/bin/sh\nexec '${process.execPath}' "$@"\n`,
    'parts/vite/package.json': '{ "name": "vite", "version": "1.0.0" }',
    'parts/vite/bin/vite.js': `
      require('fs').mkdirSync('dist', { recursive: true });
      require('fs').writeFileSync('dist/index.html', String(process.env.NODE_ENV));`,
    'packages/client/src/index.ts': '',
    'packages/client/package.json': '{}',
    'packages/client/tsconfig.json': '{}',
    'tsconfig.json': '{}',
    'docs/client.md': '',
    LICENSE: '',
    'scripts/build-client.ts': '',
    'scripts/pack-client.ts': `
      require('fs').mkdirSync('packages/server/dist', { recursive: true });
      require('fs').appendFileSync('packages/server/dist/client.tgz', 'packed');`,
    'packages/console/src/main.tsx': '',
    'packages/console/public/icon.svg': '',
    'packages/console/index.html': '',
    'packages/console/vite.config.ts': '',
    'packages/console/package.json': '{}',
    'show.mjs': `
      import { readFileSync } from 'node:fs';
      console.log(readFileSync('packages/console/dist/index.html', 'utf8'), process.env.NODE_ENV);`,
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, dirname(name)), { recursive: true });
    writeFileSync(join(root, name), text, { mode: 0o755 });
  }
  copyFileSync(setup, join(root, 'scripts', 'setup.mjs'));
  await run('npm', ['install', '--package-lock-only', '--offline'], { cwd: root });
  return root;
}

test.each([
  { name: 'a production machine', given: { NODE_ENV: 'production' } },
  { name: 'a developer’s machine', given: { NODE_ENV: 'development' } },
  { name: 'an npm that leaves out what is for development', given: { npm_config_omit: 'dev' } },
])(
  'on $name the first start installs all that it needs, and the console is built to be used',
  async ({ given }) => {
    const root = await smallProject();
    const { NODE_ENV: _, ...inherited } = process.env;
    const env = { ...inherited, ...given };
    const { stdout } = await run(process.execPath, ['scripts/setup.mjs', 'show.mjs'], { cwd: root, env });
    expect(stdout).toBe(`production ${given.NODE_ENV}\n`);
  },
);

/** The way to a registry that is not there: whatever has to ask it fails. */
const offline = { npm_config_registry: 'http://127.0.0.1:1', npm_config_fetch_retries: '0' };

test.each([
  { name: 'without further settings', given: {} },
  { name: 'on a production machine', given: { NODE_ENV: 'production' } },
  { name: 'on a developer’s machine', given: { NODE_ENV: 'development', npm_config_include: 'dev' } },
])(
  '$name a start installs what runs, a check adds the rest, and no start takes it away',
  async ({ given }) => {
    const root = await smallProject();
    const { NODE_ENV: _, ...inherited } = process.env;
    const env = { ...inherited, ...given };
    const setUp = async (...args: string[]) => {
      const { stderr } = await run(process.execPath, ['scripts/setup.mjs', ...args, 'show.mjs'], {
        cwd: root,
        env,
      });
      return { hasLinter: existsSync(join(root, 'node_modules', 'linter')), stderr };
    };
    const first = await setUp('--to-run');
    expect(first).toMatchObject({ hasLinter: false, stderr: expect.stringContaining('Installing') });
    expect(first.stderr).toContain('Building the console');
    expect(first.stderr).toContain('Packing the client');
    expect(await setUp('--to-run')).toEqual({ hasLinter: false, stderr: '' });
    expect(await setUp()).toMatchObject({ hasLinter: true, stderr: expect.stringContaining('Adding') });
    expect(await setUp('--to-run')).toEqual({ hasLinter: true, stderr: '' });
    writeFileSync(stampOf(root), 'of another version');
    expect(await setUp('--to-run')).toEqual({ hasLinter: true, stderr: '' });
    expect(readFileSync(join(root, 'packages/server/dist/client.tgz'), 'utf8')).toBe('packed');
  },
);

test('the client is packed again when it changed or is gone, and a server starts where that fails', async () => {
  const root = await smallProject();
  const setUp = () => run(process.execPath, ['scripts/setup.mjs', '--to-run', 'show.mjs'], { cwd: root });
  await setUp();
  writeFileSync(join(root, 'docs/client.md'), 'more');
  await setUp();
  const file = join(root, 'packages/server/dist/client.tgz');
  expect(readFileSync(file, 'utf8')).toBe('packedpacked');
  rmSync(file);
  await setUp();
  expect(readFileSync(file, 'utf8')).toBe('packed');
  writeFileSync(join(root, 'scripts/pack-client.ts'), 'process.exit(3)');
  expect(await setUp()).toMatchObject({
    stdout: expect.stringContaining('production'),
    stderr: expect.stringContaining('Could not pack the client: that ended with status 3.'),
  });
});

test('with everything in its place a start asks no registry, whoever put it there', async () => {
  const root = await smallProject();
  await run('npm', ['ci', '--include=dev'], { cwd: root });
  const env = { ...process.env, ...offline, PATH: '/nowhere' };
  for (const args of [['--to-run'], []]) {
    rmSync(stampOf(root), { force: true });
    const { stderr } = await run(process.execPath, ['scripts/setup.mjs', ...args, 'show.mjs'], {
      cwd: root,
      env,
    });
    expect(stderr).not.toMatch(/Installing|Adding/);
  }
});

test('an install that was killed is begun anew', async () => {
  const root = await smallProject();
  const setUp = () => run(process.execPath, ['scripts/setup.mjs', '--to-run', 'show.mjs'], { cwd: root });
  await setUp();
  rmSync(join(root, 'node_modules', 'vite'));
  writeFileSync(stampOf(root), `${'0'.repeat(64)} unfinished`);
  expect((await setUp()).stdout).toContain('production');
  expect(existsSync(join(root, 'node_modules', 'vite'))).toBe(true);
});

const stampOf = (root: string) => join(root, 'node_modules', '.plantain-lock-hash');
