// Brings into node_modules what is missing, builds the console and packs the client where their sources changed, then runs the given
// script under the project's own Node. `--to-run` before the script brings only what builds and runs the server: nothing that tests or checks it.
// Packages that are there already are never taken away.
// Plain JavaScript without dependencies: it runs on whatever Node >= 18 started npm, before anything is installed.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const stamp = join(modules, '.plantain-lock-hash');
const windows = process.platform === 'win32';
const pinnedNode = join(modules, 'node', 'bin', windows ? 'node.exe' : 'node');
const tellEveryMs = 5_000;

const given = process.argv.slice(2);
const toRun = given[0] === '--to-run';
const [script, ...scriptArguments] = toRun ? given.slice(1) : given;
await install();
await Promise.all([buildConsole(), packClient()]);
if (script !== undefined) run(join(root, script), scriptArguments);

async function install() {
  const lockFile = readFileSync(join(root, 'package-lock.json'));
  const all = createHash('sha256')
    .update(lockFile)
    .update(process.platform + process.arch)
    .digest('hex');
  const part = `${all} to run`;
  const found = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (existsSync(pinnedNode) && (found === all || (toRun && found === part))) return;
  const installed = installedPackages();
  // Packages that test the server stay where they are, also when this start needs less.
  const whole = !toRun || Object.values(installed).some(({ dev }) => dev);
  const finished = whole ? all : part;
  const unfinished = `${finished} unfinished`;
  const { packages } = JSON.parse(lockFile);
  if (!found.endsWith('unfinished') && isComplete(packages, installed, whole)) {
    writeFileSync(stamp, finished);
    return;
  }
  const first = Object.keys(installed).length === 0;
  console.error(
    first
      ? 'Installing what Plantain needs, its own Node included (once, about a minute) ...'
      : `Adding to node_modules what ${toRun ? 'this version' : 'this command'} needs ...`,
  );
  // Only `ci` mends what a killed install has left half written, but it takes everything away first.
  const command = first || found.endsWith('unfinished') ? ['ci'] : ['install', '--no-save'];
  if (!first) writeFileSync(stamp, unfinished);
  // Of the flags, all but the first two are against settings that the machine may have for its programs: NODE_ENV=production for one.
  // Errors only: npm runs on the machine's Node here, and would warn about every package that asks for the newer one it is installing.
  const flags = ['--no-audit', '--no-fund', whole ? '--include=dev' : '--omit=dev', '--include=optional'];
  const why = await finishedBy('npm', [...command, ...flags, '--loglevel=error'], {
    cwd: root,
    shell: windows,
    tell: () => `${countInstalled()} packages are there${existsSync(pinnedNode) ? '' : ', Node not yet'}`,
  });
  if (why !== null)
    stopWith(
      `Could not install the dependencies: npm ${why}. Look at npm's words above, mend that and run the same command again.`,
    );
  writeFileSync(stamp, finished);
}

/** Packages that npm says it has put into node_modules, as in the lock file; none where it has not come to an end yet. */
function installedPackages() {
  const file = join(modules, '.package-lock.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

/** Whether npm need not be asked, which may need a network: all packages are there, in the right version and for this machine. */
function isComplete(wanted, installed, whole) {
  if (!existsSync(pinnedNode)) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.startsWith('node_modules/')) return true;
    if (!whole && (entry.dev || entry.devOptional)) return true;
    // A package that may be left out is there if it is for this machine; npm alone knows which C library that has.
    const isForHere =
      entry.os?.includes(process.platform) && entry.cpu?.includes(process.arch) && !entry.libc;
    if (entry.optional && !isForHere) return true;
    const found = installed[path];
    if (!existsSync(join(root, path, 'package.json'))) return false;
    return found !== undefined && found.version === entry.version && found.integrity === entry.integrity;
  });
}

function countInstalled() {
  const at = (...names) => {
    const folder = join(modules, ...names);
    return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
  };
  const names = at().flatMap((name) =>
    name.startsWith('@') ? at(name).map((each) => join(name, each)) : [name],
  );
  return names.filter((name) => existsSync(join(modules, name, 'package.json'))).length;
}

/**
 * Runs a program to its end, and says every few seconds that it is still at work. Resolves with `null`, or with how it failed. Its stdout
 * is dropped.
 */
function finishedBy(program, args, { tell, ...options }) {
  const startedAt = Date.now();
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    console.error(`  ... ${seconds} s: ${tell()}`);
  }, tellEveryMs);
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
    child.on('error', (error) => resolve(`could not be started: ${error.message}`));
    child.on('close', (code, signal) =>
      resolve(code === 0 ? null : `ended with ${signal ?? `status ${code}`}`),
    );
  }).finally(() => clearInterval(timer));
}

function stopWith(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** The console is built from its own sources and the client's. */
async function buildConsole() {
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
  console.error('Building the console (after each change of it, some seconds) ...');
  const why = await finishedBy(pinnedNode, [vite, 'build', '--logLevel', 'error'], {
    cwd: folder,
    // The machine may have another for its programs. Built for development, the console is twice as large.
    env: { ...process.env, NODE_ENV: 'production' },
    tell: () => 'the console',
  });
  if (why !== null)
    stopWith(
      `Could not build the console: vite ${why}. The server would run without it: mend what is said above, or report it.`,
    );
  writeFileSync(built, wanted);
}

/** The package that the server hands out. It is no reason not to start that it can't be made: the server says what is missing. */
async function packClient() {
  const place = join(root, 'packages', 'server', 'dist');
  const built = join(place, 'client-built-from.txt');
  const folder = join(root, 'packages', 'client');
  const wanted = hashOf([
    ...filesBelow(join(folder, 'src')),
    ...['package.json', 'tsconfig.json'].flatMap((name) => [join(folder, name), join(root, name)]),
    ...['build-client.ts', 'pack-client.ts'].map((name) => join(root, 'scripts', name)),
    ...[join('docs', 'client.md'), 'LICENSE', 'package-lock.json'].map((name) => join(root, name)),
  ]);
  const isThere = existsSync(join(place, 'client.tgz')) && existsSync(built);
  if (isThere && readFileSync(built, 'utf8') === wanted) return;
  console.error('Packing the client that the server hands out (after each change of it, some seconds) ...');
  const why = await finishedBy(pinnedNode, [join(root, 'scripts', 'pack-client.ts')], {
    cwd: root,
    tell: () => 'the client',
  });
  if (why === null) writeFileSync(built, wanted);
  else
    console.error(
      `Could not pack the client: that ${why}. The server runs without it: report what is said above.`,
    );
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

/**
 * npm hands on only some signals. Where it was ended by another, its server would go on without anyone who knows of it. Not so where a
 * hang-up came that the server outlives, as under nohup: that ends npm, which is told nothing of nohup.
 */
function stopWithNpm(child) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const npm = process.ppid;
  let isLeft = false;
  if (![0, 1, 2].some(isatty)) process.on('SIGHUP', () => (isLeft = true));
  const look = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(look);
    if (!isLeft) child.kill('SIGTERM');
  }, 500);
}
