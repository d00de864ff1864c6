import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
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
    'package.json': '{ "devDependencies": { "node": "file:parts/node", "vite": "file:parts/vite" } }',
    'parts/node/package.json': '{ "name": "node", "version": "1.0.0" }',
    'parts/node/bin/node': `#!/bin/sh\nexec '${process.execPath}' "$@"\n`,
    'parts/vite/package.json': '{ "name": "vite", "version": "1.0.0" }',
    'parts/vite/bin/vite.js': `
      require('fs').mkdirSync('dist', { recursive: true });
      require('fs').writeFileSync('dist/index.html', String(process.env.NODE_ENV));`,
    'packages/client/src/index.ts': '',
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
  mkdirSync(join(root, 'scripts'));
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
