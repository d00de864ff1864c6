// Every command of `plantain` against a server: what it prints where, which files it writes, and how it ends.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  adminKey,
  startServer,
  temporaryDirectory,
  type TestServer,
} from '../packages/server/src/http/server.fixture.ts';
import { ConnectionError } from '../packages/client/src/errors.ts';
import { explain } from '../packages/client/src/cli/exit-codes.ts';
import { type InProcessOptions, runInProcess, startInProcess } from './cli-in-process.ts';
import { runCli, startCli } from './cli-process.ts';

let server: TestServer;
/** Where the server may send webhooks to. */
let webhookPort: string;
beforeAll(async () => {
  webhookPort = String(await freePort());
  server = await startServer({ ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${webhookPort}` });
});

const plantain = (args: readonly string[], options: Partial<InProcessOptions> = {}) =>
  runInProcess(args, { url: server.url, ...options });
const lines = (text: string) => text.split('\n').slice(0, -1);
const idIn = (text: string) => /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(text)?.[0] ?? '';

describe('generate and edit', () => {
  test('save a picture as what its name says, and never replace a file without --force', async () => {
    const folder = temporaryDirectory();
    const cat = join(folder, 'cat.png');
    const first = await plantain(['generate', 'a cat', '-o', cat]);
    expect(first).toMatchObject({ code: 0, stdout: `${cat}\n` });
    expect(first.stderr).toMatch(/^Submitted \S+\nSucceeded after \d+ s\.\n$/);
    expect((await sharp(readFileSync(cat)).metadata()).format).toBe('png');
    const second = await plantain(['generate', 'a dog', '-o', cat]);
    expect(second.stdout).toBe(`${join(folder, 'cat-2.png')}\n`);
    const before = readFileSync(cat);
    await plantain(['generate', 'a fish', '-o', cat, '--force']);
    expect(readFileSync(cat).equals(before)).toBe(false);
    const night = join(folder, 'night.webp');
    const dog = join(folder, 'cat-2.png');
    expect(await plantain(['edit', cat, dog, 'make it night', '-o', night])).toMatchObject({ code: 0 });
    expect((await sharp(readFileSync(night)).metadata()).format).toBe('webp');
    expect(readdirSync(folder).toSorted()).toEqual(['cat-2.png', 'cat.png', 'night.webp']);
  });

  test('without -o print links, which edit takes in their turn', async () => {
    const made = await plantain(['generate', 'two of them [[images 2]]', '-r', '16:9', '-s', '1K']);
    const links = lines(made.stdout);
    expect(links).toHaveLength(2);
    const edited = await plantain(['edit', ...links, 'join them', '--json', '--metadata', 'run=7']);
    expect(JSON.parse(edited.stdout)).toMatchObject({
      action: 'edit',
      state: 'succeeded',
      metadata: { run: '7' },
    });
  });

  test('number several pictures, and fill folders and templates', async () => {
    const folder = temporaryDirectory();
    const prompt = 'x [[images 2]]';
    await plantain(['generate', prompt, '-o', join(folder, 'a.png')]);
    await plantain(['generate', prompt, '-o', join(folder, '{n}-b')]);
    mkdirSync(join(folder, 'sub'));
    const { stdout } = await plantain(['generate', 'x', '-o', join(folder, 'sub'), '--json']);
    const { task_id, files } = JSON.parse(stdout) as { task_id: string; files: string[] };
    expect(files).toEqual([join(folder, 'sub', `${task_id}.png`)]);
    expect(readdirSync(folder).toSorted()).toEqual(['1-b.png', '2-b.png', 'a-1.png', 'a-2.png', 'sub']);
  });

  test('read the prompt from stdin, and write the picture to a pipe', async () => {
    const { bytes, code } = await plantain(['generate', '-', '-o', '-'], { stdin: 'a cat\n' });
    expect(code).toBe(0);
    expect((await sharp(bytes).metadata()).format).toBe('png');
    expect(await plantain(['generate', '-'], { stdin: ' \n' })).toMatchObject({ code: 2, stdout: '' });
  });

  test('a failure says why on stderr, and ends with 1', async () => {
    const failed = await plantain(['generate', 'x [[fail content_rejected]]']);
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toMatch(/^Failed after .*\(content_rejected\): The upstream refused/m);
    const json = await plantain(['generate', 'x [[fail content_rejected]]', '--json']);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({ state: 'error', error: { type: 'content_rejected' } });
  });

  test('a timeout ends the wait and not the task', async () => {
    const { code, stderr } = await plantain(['generate', 'x [[hang]]', '--timeout', '1', '-o', "it's.png"]);
    expect(code).toBe(6);
    const id = idIn(stderr);
    expect(stderr).toContain(String.raw`plantain wait ${id} -o 'it'\''s.png'`);
    expect((await server.task(id)).state).toBe('running');
  });
});

describe('what can’t be done', () => {
  test.each([
    [[], 'needs a command'],
    [['genrate'], 'no command "genrate"'],
    [['generate'], 'There is no prompt'],
    [['generate', 'a', 'cat'], 'one prompt'],
    [['generate', 'x', '--colour'], "'--colour'"],
    [['generate', 'x', '--seed', '-1'], '--seed'],
    [['generate', 'x', '--metadata', 'novalue'], 'NAME=VALUE'],
    [['generate', 'x', '-o', '-', '--json'], '-o -'],
    [['edit', 'make it night'], 'no picture'],
    [['edit', 'fhoto.jpg', 'make it night'], '"fhoto.jpg", "make it night"'],
    [['list', '--state', 'done'], '--state takes one of'],
    [['list', '--after', 'yesterday'], '--after'],
    [['files', 'upload'], 'needs an argument'],
    [['completion', 'powershell'], 'bash, zsh, fish'],
    [['batch', 'prompts.txt'], '--output'],
  ])('%j is a usage error that points to help', async (args, said) => {
    const { code, stdout, stderr } = await plantain(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(said);
    expect(stderr).toMatch(/See: plantain help/);
  });

  test('a server that is not there is named, with where its address came from', async () => {
    const home = temporaryDirectory();
    const url = 'http://127.0.0.1:9';
    const said = async (args: string[], given: Partial<InProcessOptions> = {}) =>
      (await plantain(args, { url: '', key: '', environment: { HOME: home }, ...given })).stderr;
    const port = await freePort();
    const nobody = { HOME: home, PLANTAIN_URL: `http://127.0.0.1:${port}` };
    expect(await said(['list'], { environment: nobody })).toContain(
      `at ${nobody.PLANTAIN_URL}, as PLANTAIN_URL says`,
    );
    expect(await said(['login', url], { stdin: 'plantain_some_key' })).toContain(
      `It was called at ${url}. Is it`,
    );
    const folder = join(home, '.config', 'plantain');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ url, api_key: 'plantain_some_key' }));
    expect(await said(['list'])).toContain(`at ${url}, which "plantain login" stored`);
    expect(await said(['list'], { url: server.url })).toContain(
      `No key was sent: none is stored for ${server.url}.`,
    );
    const page = createServer((_request, response) => response.end('<html>')).listen(0, '127.0.0.1');
    onTestFinished(() => void page.close());
    await once(page, 'listening');
    const other = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
    for (const args of [['list'], ['status', '0190a000-0000-7000-8000-000000000000']])
      expect(await said(args, { url: other })).toContain(
        `. It was called at ${other}, as PLANTAIN_URL says.`,
      );
  });

  test('an address with a path of its own is what a 404 is said to come from', async () => {
    const { code, stderr } = await plantain(['generate', 'x'], { url: `${server.url}/v1` });
    expect(code).toBe(5);
    expect(stderr).toContain(
      `It was called at ${server.url}/v1, as PLANTAIN_URL says. An address is everything before /api/gemini/nano-banana.`,
    );
    expect(stderr).not.toContain('Only the key that made something');
  });

  test('with no login and no variable it is said that nobody is logged in', () => {
    const called = { url: 'http://127.0.0.1:8787', source: 'default', hasKey: false } as const;
    expect(explain(new ConnectionError('The server can’t be reached.'), called)).toEqual({
      outcome: 'unreachable',
      message: expect.stringMatching(
        /at http:\/\/127\.0\.0\.1:8787, .*nobody is logged in.*"plantain login"/,
      ),
    });
  });

  test('refusals, wrong keys, absent servers and files have codes of their own, and sentences', async () => {
    const refused = await plantain(['generate', 'x', '--ratio', '7:5']);
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining('aspect_ratio') });
    expect(await plantain(['status', 'nothing'])).toMatchObject({ code: 5 });
    const wrong = await plantain(['list'], { key: 'plantain_no_key_of_this_server' });
    expect(wrong).toMatchObject({ code: 3, stderr: expect.stringContaining('plantain login') });
    const absent = await plantain(['list'], { url: 'http://127.0.0.1:9' });
    expect(absent).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/can.t be reached.* at http:\/\/127\.0\.0\.1:9, as PLANTAIN_URL says\./),
    });
    const unwritable = await plantain(['generate', 'x', '-o', '/dev/null/cat.png']);
    expect(unwritable).toMatchObject({
      code: 7,
      stderr: expect.stringMatching(/\/dev\/null can’t be used: .*\.\n$/),
    });
    for (const { stderr } of [refused, wrong, absent, unwritable]) expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe('status, wait, list, cancel, retry, delete', () => {
  test('status shows what is known, and wait delivers several tasks under names of their own', async () => {
    const folder = temporaryDirectory();
    const ids = await Promise.all(['one', 'two'].map((prompt) => server.submit({ prompt })));
    const waited = await plantain(['wait', ...ids, '-o', join(folder, 'p.png')]);
    expect(waited).toMatchObject({
      code: 0,
      stdout: `${join(folder, 'p-1.png')}\n${join(folder, 'p-2.png')}\n`,
    });
    const { stdout } = await plantain(['status', ids[0] ?? '']);
    expect(stdout).toMatch(
      new RegExp(`^task +${ids[0]}\nstate +succeeded\naction +generate with nano-banana-2.1\n`),
    );
    const json = await plantain(['status', ...ids, '--json']);
    expect(lines(json.stdout).map((line) => (JSON.parse(line) as { task_id: string }).task_id)).toEqual(ids);
  });

  test('list shows the newest first, by filters', async () => {
    const own = await server.newKey('plantain_key_of_the_list_test_only');
    const options = { key: own };
    for (const prompt of ['a', 'b', 'c [[fail no_image]]'])
      await plantain(['generate', prompt, '--metadata', `name=${prompt[0]}`], options);
    const all = lines((await plantain(['list', '--json'], options)).stdout);
    expect(all.map((line) => (JSON.parse(line) as { metadata: unknown }).metadata)).toEqual([
      { name: 'c' },
      { name: 'b' },
      { name: 'a' },
    ]);
    expect(lines((await plantain(['list', '-n', '2'], options)).stdout)).toHaveLength(2);
    const failed = await plantain(['list', '--state', 'error', '--after', '1h'], options);
    expect(lines(failed.stdout)).toEqual([
      expect.stringMatching(/ {2}generate {2}nano-banana-2\.1 {2}failed$/),
    ]);
    for (const [reason, count] of [
      ['no_image', 1],
      ['internal', 0],
    ] as const)
      expect(lines((await plantain(['list', '--reason', reason], options)).stdout)).toHaveLength(count);
    const found = await plantain(['list', '--search', 'NAME=a', '--json'], options);
    expect(lines(found.stdout)).toEqual([expect.stringContaining('"metadata":{"name":"a"}')]);
    const named = await plantain(['list', '--metadata', 'name=b', '--before', '2000-01-01'], options);
    expect(named).toMatchObject({ code: 0, stdout: '', stderr: 'There are no such tasks.\n' });
  });

  test('cancel ends a task, and goes on after one that has ended', async () => {
    const [hanging, ended] = [
      await server.submit({ prompt: '[[hang]]' }),
      await server.submit({ prompt: 'x' }),
    ];
    await server.until(hanging, ({ state }) => state === 'running');
    await server.final(ended);
    const { code, stdout, stderr } = await plantain(['cancel', ended, hanging]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: `${hanging}  cancel requested\n` });
    expect(stderr).toContain(`${ended}: This task has ended already`);
    expect((await server.final(hanging)).error?.type).toBe('cancelled');
  });

  test('delete takes an ended task away for good, and goes on after one that has not ended', async () => {
    const [hanging, ended] = [
      await server.submit({ prompt: '[[hang]]' }),
      await server.submit({ prompt: 'x' }),
    ];
    await server.final(ended);
    const { code, stdout, stderr } = await plantain(['delete', hanging, ended]);
    expect({ code, stdout }).toEqual({ code: 5, stdout: `${ended}  deleted\n` });
    expect(stderr).toContain(`${hanging}: This task has not ended`);
    expect((await plantain(['status', ended])).code).toBe(5);
    await plantain(['cancel', hanging]);
  });

  test('retry makes a new task of a failed one, and of no other', async () => {
    const id = await server.submit({ prompt: 'x [[fail content_rejected]]' });
    await server.final(id);
    const { code, stdout } = await plantain(['retry', id, '--no-wait', '--json']);
    expect(code).toBe(0);
    const { task_id, retry_of } = JSON.parse(stdout) as { task_id: string; retry_of: string };
    expect(retry_of).toBe(id);
    expect((await plantain(['wait', task_id])).code).toBe(1);
    const good = await server.submit({ prompt: 'x' });
    await server.final(good);
    expect((await plantain(['retry', good])).code).toBe(5);
  });
});

test('files are uploaded, listed, shown, used and deleted', async () => {
  const folder = temporaryDirectory();
  const photo = join(folder, 'photo.png');
  await sharp({ create: { width: 80, height: 60, channels: 3, background: '#36c' } }).toFile(photo);
  const own = { key: await server.newKey('plantain_key_of_the_files_test_only') };
  const [link = ''] = lines((await plantain(['files', 'upload', photo], own)).stdout);
  expect(await plantain(['edit', link, 'brighter'], own)).toMatchObject({ code: 0 });
  const [row = ''] = lines((await plantain(['files', 'list'], own)).stdout);
  expect(row).toContain('80x60');
  const id = idIn(row);
  expect(JSON.parse((await plantain(['files', 'show', id, '--json'], own)).stdout)).toMatchObject({
    file_id: id,
  });
  expect(await plantain(['files', 'delete', id], own)).toMatchObject({ code: 0, stdout: `${id}  deleted\n` });
  expect((await plantain(['files', 'show', id], own)).code).toBe(5);
  writeFileSync(photo, 'no picture');
  expect((await plantain(['files', 'upload', photo], own)).code).toBe(5);
});

describe('webhooks listen', () => {
  test('registers, proves and prints deliveries, hands them on, and takes its endpoint away again', async () => {
    const got: { id: unknown; body: string }[] = [];
    const program = createServer((request, response) => {
      let body = '';
      request.on('data', (piece) => (body += piece));
      request.on('end', () => {
        got.push({ id: request.headers['webhook-id'], body });
        response.writeHead(202).end();
      });
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void program.close());
    await once(program, 'listening');
    const forward = `http://127.0.0.1:${(program.address() as AddressInfo).port}/hook`;
    const here = `http://127.0.0.1:${webhookPort}/`;
    const args = [
      'webhooks',
      'listen',
      '-p',
      webhookPort,
      '--register',
      here,
      '--forward',
      forward,
      '--json',
    ];
    const listening = startInProcess(args, { url: server.url });
    await listening.shown('Listening on');
    const id = await server.submit({ prompt: 'x' });
    await listening.shown(`${forward} answered 202.`);
    // Somebody else who finds the port.
    expect((await fetch(here, { method: 'POST', body: '{}' })).status).toBe(401);
    expect((await fetch(here)).status).toBe(405);
    listening.interrupt();
    const { code, stdout } = await listening.ended;
    expect(code).toBe(130);
    const delivery = JSON.parse(stdout) as { message: { type: string; data: { task_id: string } } };
    expect(delivery).toMatchObject({
      verified: true,
      message: { type: 'task.succeeded', data: { task_id: id } },
    });
    expect(got).toEqual([{ id: expect.stringMatching(/^msg_/), body: JSON.stringify(delivery.message) }]);
    const { body } = await server.call<{ data: { webhooks: unknown[] } }>('/api/webhooks');
    expect(body.data.webhooks).toEqual([]);
  });

  test('listens where the URL leads, and says so where it is told to listen elsewhere', async () => {
    const here = `http://127.0.0.1:${webhookPort}/`;
    const listening = startInProcess(['webhooks', 'listen', '--register', here], { url: server.url });
    await listening.shown(`Listening on ${here} for`);
    const id = await server.submit({ prompt: 'x' });
    await listening.shown(`task.succeeded  ${id}`);
    const second = await plantain(['webhooks', 'listen', '-p', webhookPort]);
    expect(second).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`Port ${webhookPort} of 127.0.0.1`),
    });
    listening.interrupt();
    const { stderr } = await listening.ended;
    expect(stderr).not.toContain('nothing comes');

    const elsewhere = startInProcess(['webhooks', 'listen', '-p', '0', '--register', here], {
      url: server.url,
    });
    await elsewhere.shown(`is called on port ${webhookPort} of this machine, and this listens on`);
    elsewhere.interrupt();
    expect((await elsewhere.ended).code).toBe(130);
  });

  test('without an endpoint, proves what callback_url is sent', async () => {
    const listening = startInProcess(['webhooks', 'listen', '-p', webhookPort], { url: server.url });
    await listening.shown('Listening on');
    const id = await server.submit({ prompt: 'x', callback_url: `http://127.0.0.1:${webhookPort}/` });
    await listening.shown(`task.succeeded  ${id}  succeeded  http`);
    listening.interrupt();
    expect((await listening.ended).code).toBe(130);
  });
});

describe('login', () => {
  test('takes the key from stdin, proves it, and stores both so that nobody else can read them', async () => {
    const cwd = temporaryDirectory();
    const right = await runCli(['login', `${server.url}/`], { cwd, stdin: `${adminKey}\n` });
    expect(right, right.stderr).toMatchObject({ code: 0, stdout: '' });
    expect(right.stderr).not.toContain(adminKey);
    const path = join(cwd, '.config', 'plantain', 'config.json');
    const stored = readFileSync(path, 'utf8');
    expect(JSON.parse(stored)).toEqual({ url: server.url, api_key: adminKey });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    const ended = async (args: string[], { url = '', key = '', stdin = '' } = {}) =>
      (await runInProcess(args, { url, key, stdin, environment: { HOME: cwd } })).code;
    expect(await ended(['list'])).toBe(0);
    // The stored key goes to no other server; here, it would be let in.
    expect(await ended(['list'], { url: server.url.replace('127.0.0.1', 'localhost') })).toBe(3);
    expect(await ended(['list'], { key: 'plantain_no_key_of_this_server' })).toBe(3);
    expect(await ended(['login', server.url], { stdin: 'plantain_no_key_of_this_server\n' })).toBe(3);
    expect(await ended(['login', 'ftp://127.0.0.1'], { stdin: adminKey })).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe(stored);
    writeFileSync(path, '{}');
    expect(await ended(['list'])).toBe(7);
  });
});

describe('the process', () => {
  const environment = () => ({ PLANTAIN_URL: server.url, PLANTAIN_API_KEY: adminKey });

  test('left by Ctrl-C in a script leaves the task, says how to come back, and ends with 130', async () => {
    const { child, ended } = startCli(['generate', 'x [[hang]]', '-o', 'x.png'], {
      cwd: temporaryDirectory(),
      environment: environment(),
    });
    let said = '';
    child.stderr?.on('data', (piece) => (said += piece));
    while (!said.includes('Submitted')) await once(child.stderr ?? child, 'data');
    await server.until(idIn(said), ({ state }) => state === 'running');
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    const id = idIn(stderr);
    expect({ code, said: stderr }).toEqual({
      code: 130,
      said: `Submitted ${id}\nIt goes on at the server. To come back to it: plantain wait ${id} -o x.png\nStopped waiting.\n`,
    });
    expect((await server.task(id)).state).toBe('running');
  });

  test('prints help, a version, and completion that shells can read', async () => {
    const version = await plantain(['--version']);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const help = await plantain(['help']);
    expect(help.stdout).toContain('130  stopped by Ctrl-C');
    const names = lines(help.stdout).flatMap((line) => /^ {2}([a-z]+) {2,}\S/.exec(line)?.[1] ?? []);
    expect(names).toHaveLength(16);
    for (const name of names) {
      const { code, stdout } = await plantain([name, '--help']);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringContaining(`Usage: plantain ${name}`),
      });
      expect((await plantain(['help', name])).stdout).toBe(stdout);
    }
    const { stdout: script } = await plantain(['completion', 'bash']);
    const complete = (...words: string[]) =>
      execFileSync('bash', [
        '-c',
        `${script}\nCOMP_WORDS=(plantain "$@"); COMP_CWORD=$#; _plantain 2>/dev/null; echo "\${COMPREPLY[*]}"`,
        'bash',
        ...words,
      ])
        .toString()
        .trim();
    expect(complete('')).toBe(names.join(' '));
    expect(complete('ge')).toBe('generate');
    expect(complete('list', '--sta')).toBe('--state');
    expect(complete('list', '--state', 's')).toBe('succeeded');
    expect(complete('files', '')).toBe('upload list show delete');
    for (const shell of ['zsh', 'fish'])
      expect((await plantain(['completion', shell])).stdout).toContain('plantain');
  });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
