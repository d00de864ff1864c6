// `plantain batch`: every line once, whatever ends it and however often.

import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Envelope, TaskListData } from '@plantain/client';
import {
  adminKey,
  type Answer,
  startServer,
  temporaryDirectory,
  type TestServer,
} from '../packages/server/src/http/server.fixture.ts';
import { passOn, startFarSide } from '../packages/client/src/far-side.fixture.ts';
import { runInProcess, startInProcess } from './cli-in-process.ts';
import { startCli } from './cli-process.ts';

/** The tasks of the server, by the metadata that lines of these tests carry. */
async function tasksOf(server: TestServer): Promise<string[]> {
  const names: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const path = `/api/gemini/nano-banana?limit=200${query}`;
    const answer: Answer<Envelope<TaskListData>> = await server.call(path);
    const { data } = answer.body;
    names.push(...data.tasks.map(({ metadata }) => metadata?.['line'] ?? ''));
    cursor = data.next_cursor;
  }
  return names.toSorted();
}

const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#6c3' } })
  .png()
  .toBuffer();
/** Drawing takes time that these tests are not about. */
const quick = {
  name: 'quick',
  async start({ prompt }: { prompt: string }, { signal }: { signal: AbortSignal }) {
    if (prompt.includes('[[hang]]')) await once(signal, 'abort');
    signal.throwIfAborted();
    return { pictures: [picture], description: '', warnings: [] };
  },
};

const numbered = (count: number, prompt = 'x') =>
  Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      prompt: `${prompt} ${index + 1}`,
      metadata: { line: String(index + 1).padStart(3, '0') },
    }),
  );
const pictures = (folder: string) => readdirSync(folder).filter((name) => !name.startsWith('.'));

test('killed again and again, it makes every line once and fetches every picture once', async () => {
  const server = await startServer({ CONCURRENCY: '4' }, { upstream: quick });
  const cwd = temporaryDirectory();
  const out = join(cwd, 'out');
  const wanted = numbered(130);
  writeFileSync(join(cwd, 'prompts.jsonl'), wanted.join('\n'));
  const environment = { PLANTAIN_URL: server.url, PLANTAIN_API_KEY: adminKey };
  const args = ['batch', 'prompts.jsonl', '-o', 'out/', '--json'];
  const journalIs = async (isThere: (text: string) => boolean) => {
    const path = join(out, '.plantain-batch.jsonl');
    while (!existsSync(path) || !isThere(readFileSync(path, 'utf8')))
      await new Promise((resolve) => setTimeout(resolve, 2));
  };
  const moments: ((text: string) => boolean)[] = [
    // While it submits; with tasks at the server; in the middle of fetching.
    (text) => text.includes('"submitting"'),
    (text) => text.includes('"submitted"'),
    (text) => text.split('"done"').length > 20,
  ];
  const before = new Map<string, number>();
  for (const moment of moments) {
    const { child } = startCli(args, { cwd, environment });
    const closed = once(child, 'close');
    await journalIs(moment);
    child.kill('SIGKILL');
    await closed;
    for (const name of pictures(out)) {
      const { mtimeMs } = statSync(join(out, name));
      expect(before.get(name) ?? mtimeMs, name).toBe(mtimeMs);
      before.set(name, mtimeMs);
    }
  }
  expect(before.size).toBeGreaterThan(15);
  const { code, stderr } = await startCli(args, { cwd, environment }).ended;
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/\d+ of 130 were done before\./);
  expect(stderr).toContain('130 of 130 lines are done: out/');
  expect(pictures(out)).toHaveLength(130);
  expect(readdirSync(out).filter((name) => name.endsWith('.part'))).toEqual([]);
  for (const [name, mtimeMs] of before) expect(statSync(join(out, name)).mtimeMs).toBe(mtimeMs);
  expect(await tasksOf(server)).toEqual(wanted.map((_, index) => String(index + 1).padStart(3, '0')));
});

test('failures are summed up, stay failed, and are tried again when asked', async () => {
  const server = await startServer();
  const folder = temporaryDirectory();
  const file = join(folder, 'prompts.txt');
  writeFileSync(file, 'a cat\n\na bad one [[fail content_rejected]]\ntwo [[images 2]]\n');
  const args = ['batch', file, '-o', join(folder, 'out')];
  const first = await runInProcess(args, { url: server.url });
  expect(first.code).toBe(1);
  expect(first.stderr).toContain('2 of 3 lines are done');
  expect(first.stderr).toContain('1 failed, line 3: content_rejected: ');
  expect(first.stderr).toContain('--retry-failed');
  expect(pictures(join(folder, 'out')).toSorted()).toEqual(['1.png', '4-1.png', '4-2.png']);
  expect(first.stdout.split('\n').toSorted().slice(1)).toEqual(
    ['1.png', '4-1.png', '4-2.png'].map((name) => join(folder, 'out', name)),
  );
  expect(await runInProcess(args, { url: server.url })).toMatchObject({ code: 1, stdout: '' });
  expect(await tasksOf(server)).toHaveLength(3);
  await runInProcess([...args, '--retry-failed'], { url: server.url });
  expect(await tasksOf(server)).toHaveLength(4);
});

test('a file may be edited between two runs: only what is new is made', async () => {
  const server = await startServer();
  const folder = temporaryDirectory();
  const photo = join(folder, 'photo.png');
  await sharp({ create: { width: 80, height: 60, channels: 3, background: '#36c' } }).toFile(photo);
  const file = join(folder, 'prompts.jsonl');
  const edit = JSON.stringify({ prompt: 'brighter', image_urls: ['photo.png'], metadata: { line: 'edit' } });
  const lines = numbered(2);
  writeFileSync(file, [...lines, edit].join('\n'));
  const run = () =>
    runInProcess(['batch', file, '-o', join(folder, '{n}.webp'), '-m', 'nano-banana'], { url: server.url });
  expect((await run()).code).toBe(0);
  const [added = ''] = numbered(1, 'added');
  writeFileSync(file, [added, ...lines, edit, lines[0]].join('\r\n'));
  const again = await run();
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('3 of 5 were done before.') });
  expect(await tasksOf(server)).toEqual(['001', '001', '001', '002', 'edit']);
  expect((await sharp(readFileSync(join(folder, '3.webp'))).metadata()).format).toBe('webp');
});

test.each([
  ['{"prompt":', 'line 1: begins with { and is not valid JSON'],
  ['x\n{"promt":"x"}', 'line 2: has no "prompt"'],
  ['{"prompt":"x","image_urls":"a.png"}', '"image_urls" is no list'],
  ['{"prompt":"x","image_urls":["none.png"]}', 'none.png'],
  ['\n \n', 'has no prompts'],
])('%j is refused with its line before anything is submitted', async (text, said) => {
  const folder = temporaryDirectory();
  const args = ['batch', '-', '-o', join(folder, 'out')];
  const { code, stderr } = await runInProcess(args, { url: 'http://127.0.0.1:9', stdin: text });
  expect(code, stderr).toBe(2);
  expect(stderr).toContain(said);
  expect(existsSync(join(folder, 'out'))).toBe(false);
});

test('what the server refuses is named by its line, and nothing of it is made', async () => {
  const server = await startServer();
  const folder = temporaryDirectory();
  const text = ['a cat', '', JSON.stringify({ prompt: 'x', aspect_ratio: '7:5' })].join('\n');
  const args = ['batch', '-', '-o', folder];
  const refused = await runInProcess(args, { url: server.url, stdin: text });
  expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining('line 3.aspect_ratio') });
  expect(await tasksOf(server)).toEqual([]);
  expect((await runInProcess(args, { url: server.url, stdin: 'a cat' })).code).toBe(0);
});

test('Ctrl-C asks; c cancels what has not ended, and a later run goes on with the rest', async () => {
  const server = await startServer({}, { upstream: quick });
  const folder = temporaryDirectory();
  const file = join(folder, 'prompts.txt');
  writeFileSync(
    file,
    ['first', ...Array.from({ length: 249 }, (_, index) => `[[hang]] ${index}`)].join('\n'),
  );
  const running = startInProcess(['batch', file, '-o', folder], { url: server.url, isTty: true });
  await running.shown('1/250');
  running.interrupt();
  await running.shown('Cancel the tasks (c), leave (l), or go on waiting (Enter)?');
  running.type('c\r');
  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  expect(stderr).toContain(`To go on: plantain batch ${file} -o ${folder}`);
  expect(stderr).toContain('1 of 250 lines are done');
  expect(stderr).toMatch(/\d+ failed, line 2, .*: cancelled: /);
  expect((await tasksOf(server)).length).toBe(200);
});

test('while its question stands nothing is painted over it; l leaves the tasks and says how to go on', async () => {
  const server = await startServer({}, { upstream: quick });
  const proxy = await startFarSide((seen, response) => passOn(server.url, seen, response));
  const folder = temporaryDirectory();
  const file = join(folder, 'my prompts.txt');
  writeFileSync(file, '[[hang]] 1\n[[hang]] 2\n');
  const args = ['batch', file, '-o', folder, '-m', 'nano-banana'];
  const running = startInProcess(args, { url: proxy.url, isTty: true });
  await proxy.saw(/ids=/);
  running.interrupt();
  const question = 'Cancel the tasks (c), leave (l), or go on waiting (Enter)?';
  await running.shown(question);
  const [, id = ''] =
    /"task_ids":\["([^"]+)/.exec(readFileSync(join(folder, '.plantain-batch.jsonl'), 'utf8')) ?? [];
  await server.call(`/api/gemini/nano-banana/${id}/cancel`, { method: 'POST' });
  await server.final(id);
  // The run learns of it, and would count it in its line.
  const asked = proxy.seen.filter(({ path }) => path.includes('ids=')).length;
  await proxy.saw(/ids=/, asked + 2);
  running.type('l\r');
  const { code, stderr } = await running.ended;
  expect(code, stderr).toBe(130);
  const behind = stderr.slice(stderr.lastIndexOf(question) + question.length);
  expect(behind.split('\n', 1)[0]).not.toMatch(/\[[#-]{24}\]/);
  expect(stderr).toContain(`To go on: plantain batch '${file}' -o ${folder} -m nano-banana\n`);
  expect(stderr).not.toContain('fault');
  expect(stderr.trimEnd()).toMatch(/Stopped\./);
});

test('Ctrl-C where nobody can be asked leaves the tasks, and a page of a gateway does not end a run', async () => {
  const server = await startServer({}, { upstream: quick });
  let pages = 0;
  const proxy = await startFarSide((seen, response) =>
    seen.method === 'GET' && (pages += 1) < 3
      ? response.writeHead(200).end('<html>Sign in</html>')
      : passOn(server.url, seen, response),
  );
  const folder = temporaryDirectory();
  const args = ['batch', '-', '-o', folder];
  const running = startInProcess(args, { url: proxy.url, stdin: '[[hang]]' });
  await running.shown('Trying again in 1 s.');
  await proxy.saw(/GET/, 3);
  running.interrupt();
  const { code, stderr } = await running.ended;
  expect({ code, last: stderr.split('\n').slice(-3) }).toEqual({
    code: 130,
    last: [`To go on: plantain batch - -o ${folder}`, 'Stopped.', ''],
  });
});
