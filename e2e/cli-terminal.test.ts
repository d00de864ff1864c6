// `plantain` with a person at the terminal: the line that moves, colours, pictures, questions and Ctrl-C.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import {
  adminKey,
  startServer,
  temporaryDirectory,
  type TestServer,
} from '../packages/server/src/http/server.fixture.ts';
import { runInProcess, startInProcess } from './cli-in-process.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});

const escape = '\u001B';
const idIn = (text: string) => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? '';
const atTerminal = (args: readonly string[], environment: Record<string, string> = {}) =>
  startInProcess(args, { url: server.url, isTty: true, environment });

test('a task’s progress is a line that is written again, and gone at the end', async () => {
  const { stdout, stderr } = await atTerminal(['generate', 'x [[delay 400ms]]', '--no-preview']).ended;
  expect(stderr).toMatch(/running \d+ %/);
  expect(stderr).toContain(`\r${escape}[K`);
  expect(stderr.trimEnd().split(`${escape}[K`).at(-1)).toContain('Succeeded after');
  expect(stdout).toMatch(/^http\S+\n$/);
});

test('colours are for terminals that want them', async () => {
  const args = ['generate', 'x [[fail content_rejected]]'];
  expect((await atTerminal(args).ended).stderr).toContain(`${escape}[31mFailed`);
  expect((await atTerminal(args, { NO_COLOR: '1' }).ended).stderr).not.toContain(`${escape}[31m`);
  expect((await atTerminal(args, { TERM: 'dumb' }).ended).stderr).not.toContain(escape);
});

test.each([
  ['kitty', { TERM: 'xterm-kitty' }, `${escape}_Ga=T,f=100,q=2,m=`],
  ['iTerm2', { TERM_PROGRAM: 'iTerm.app' }, `${escape}]1337;File=inline=1;`],
])('%s shows the picture, and a pipe never does', async (_name, environment, start) => {
  const shown = await atTerminal(['generate', 'x'], environment).ended;
  expect(shown.stdout).toContain(start);
  expect((await atTerminal(['generate', 'x', '--no-preview'], environment).ended).stdout).not.toContain(
    escape,
  );
  expect((await atTerminal(['generate', 'x', '--json'], environment).ended).stdout).not.toContain(escape);
  const piped = await runInProcess(['generate', 'x'], { url: server.url, environment });
  expect(piped.stdout).not.toContain(escape);
});

test('inside tmux, and in other terminals, there is no picture', async () => {
  for (const environment of [{ TERM: 'xterm-256color' }, { TERM: 'xterm-kitty', TMUX: '/tmp/tmux' }])
    expect((await atTerminal(['generate', 'x'], environment).ended).stdout).not.toContain(escape);
});

const question = 'Cancel the task (c), leave (l), or go on waiting (Enter)?';

test('Ctrl-C asks, and c cancels the task', async () => {
  const running = atTerminal(['generate', '[[hang]]', '-o', join(temporaryDirectory(), 'x.png')]);
  await running.shown('running');
  running.interrupt();
  await running.shown(question);
  running.type('c\r');
  const { code, stderr } = await running.ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/To come back to it: plantain wait \S+ -o \S+x\.png/);
  expect((await server.task(idIn(stderr))).error?.type).toBe('cancelled');
});

test('Ctrl-C asks, and l leaves the task', async () => {
  const running = atTerminal(['generate', '[[hang]]']);
  await running.shown('running');
  running.interrupt();
  await running.shown(question);
  running.type('l\r');
  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  expect((await server.task(idIn(stderr))).state).toBe('running');
});

test('Ctrl-C asks, and Enter goes on; the next Ctrl-C asks again, and a second one ends the program', async () => {
  const running = atTerminal(['generate', '[[hang]]']);
  await running.shown('running');
  running.interrupt();
  await running.shown(question);
  running.type('\r');
  await new Promise((resolve) => setImmediate(resolve));
  // As a key, while the question reads the keyboard.
  running.interrupt();
  expect(running.exitedWith()).toBeUndefined();
  running.type('\u0003');
  while (running.exitedWith() === undefined) await new Promise((resolve) => setImmediate(resolve));
  expect(running.exitedWith()).toBe(130);
  running.type('l\r');
  await running.ended;
});

test('a question goes away when the task ends while it stands', async () => {
  const running = atTerminal(['generate', 'x [[delay 500ms]]', '--no-preview']);
  await running.shown('running');
  running.interrupt();
  await running.shown(question);
  expect((await running.ended).code).toBe(0);
});

test('login asks for the server and the key, and shows no character of the key', async () => {
  const home = temporaryDirectory();
  const logging = startInProcess(['login'], {
    url: '',
    key: '',
    isTty: true,
    environment: { HOME: home, XDG_CONFIG_HOME: join(home, 'config') },
  });
  await logging.shown('Server (http://127.0.0.1:8787): ');
  logging.type(`${server.url}\r`);
  await logging.shown('Key (not shown): ');
  logging.type(`${adminKey}x\u007F\r`);
  const { code, stdout, stderr } = await logging.ended;
  expect(code, stderr).toBe(0);
  expect(stdout + stderr).not.toContain(adminKey.slice(0, 12));
  const path = join(home, 'config', 'plantain', 'config.json');
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ url: server.url, api_key: adminKey });
});

test('Ctrl-C in front of the key stores nothing', async () => {
  const home = temporaryDirectory();
  const logging = startInProcess(['login', server.url], {
    url: '',
    key: '',
    isTty: true,
    environment: { HOME: home },
  });
  await logging.shown('Key (not shown): ');
  logging.type('half\u0003');
  expect((await logging.ended).code).toBe(130);
  expect(existsSync(join(home, '.config'))).toBe(false);
});

test.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('%s in front of the address ends login before a key is asked for', async (_name, key) => {
  const logging = startInProcess(['login'], { url: '', key: '', isTty: true });
  await logging.shown('Server (http://127.0.0.1:8787): ');
  logging.type(key);
  const { code, stderr } = await logging.ended;
  expect(code).toBe(130);
  expect(stderr).not.toContain('Key');
});

test.each([
  ['generate', '-'],
  ['batch', '-', '-o', 'out/'],
])('Ctrl-C ends %s while it reads the keyboard', async (...args) => {
  const reading = startInProcess(args, { url: server.url, isTty: true });
  reading.type('half a prompt\n');
  await new Promise((resolve) => setImmediate(resolve));
  reading.interrupt();
  const { code, stderr } = await reading.ended;
  expect([code, stderr]).toEqual([130, expect.stringContaining('Stopped.')]);
});
