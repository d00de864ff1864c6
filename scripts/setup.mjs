// Brings node_modules up to date with package-lock.json and the console with its sources, then runs the given script under the
// project's own Node.
// Plain JavaScript without dependencies: it runs on whatever Node >= 18 started npm, before anything is installed.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const stamp = join(modules, '.plantain-lock-hash');
const windows = process.platform === 'win32';
const pinnedNode = join(modules, 'node', 'bin', windows ? 'node.exe' : 'node');

const [script, ...scriptArguments] = process.argv.slice(2);
install();
buildConsole();
if (script !== undefined) run(join(root, script), scriptArguments);

function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.platform + process.arch)
    .digest('hex');
  if (existsSync(stamp) && existsSync(pinnedNode) && readFileSync(stamp, 'utf8') === wanted) return;
  const first = !existsSync(modules);
  console.error(
    first
      ? 'Installing what Plantain needs (once, about a minute) ...'
      : 'Bringing node_modules up to date ...',
  );
  // Errors only: npm runs on the machine's Node here, and would warn about every package that asks for the newer one it is installing.
  // With NODE_ENV=production it would leave out that Node and what builds the console.
  const result = spawnSync('npm', ['ci', '--include=dev', '--loglevel=error', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: windows,
  });
  if (result.error !== undefined || result.status !== 0) {
    const why =
      result.error === undefined ? `npm ci ended with status ${result.status}` : result.error.message;
    console.error(
      `Could not install the dependencies: ${why}. Look at npm's words above, mend that and run the same command again.`,
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

/** The console is built from its own sources and the client's. */
function buildConsole() {
  const folder = join(root, 'packages', 'console');
  const built = join(folder, 'dist', 'built-from.txt');
  const wanted = hashOf([
    ...['src', 'public'].flatMap((name) => filesBelow(join(folder, name))),
    ...['index.html', 'vite.config.ts', 'package.json'].map((name) => join(folder, name)),
    ...filesBelow(join(root, 'packages', 'client', 'src')),
    join(root, 'package-lock.json'),
  ]);
  if (existsSync(built) && readFileSync(built, 'utf8') === wanted) return;
  const vite = join(modules, 'vite', 'bin', 'vite.js');
  const result = spawnSync(pinnedNode, [vite, 'build', '--logLevel', 'error'], {
    cwd: folder,
    // The machine may have another for its programs. Built for development, the console is twice as large.
    env: { ...process.env, NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (result.status !== 0) {
    console.error(
      'Could not build the console. The server would run without it: mend what is said above, or report it.',
    );
    process.exit(1);
  }
  writeFileSync(built, wanted);
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

/** Hands signals on and ends as the script ended. */
function run(path, args) {
  const child = spawn(pinnedNode, [path, ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(modules, '.bin')}${windows ? ';' : ':'}${process.env.PATH ?? ''}` },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  stopWithNpm(child);
  child.on('error', (error) => {
    console.error(
      `Could not start ${pinnedNode}: ${error.message}. Delete node_modules and run the same command again.`,
    );
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** npm hands on only some signals. Where it was ended by another, its server would go on without anyone who knows of it. */
function stopWithNpm(child) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const npm = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(look);
    child.kill('SIGTERM');
  }, 500);
}
