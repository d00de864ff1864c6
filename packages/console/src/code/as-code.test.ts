// The code is run, with stand-ins for what it calls: what arrives there has to be the request itself, whatever stands in the prompt. That it
// works against a server, e2e/copied-code.test.ts holds.

import { spawnSync } from 'node:child_process';
import type { SubmitBody } from '@plantain/client';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isMissing } from '../../../../e2e/needed-tool.fixture.ts';
import { anyCharacter } from '../../../server/src/lib/any-character.fixture.ts';
import { type CodeLanguage, writers } from './as-code.ts';

const asCode = (language: CodeLanguage, body: SubmitBody, baseUrl: string) =>
  writers[language](body, baseUrl);

const baseUrl = "https://example.com/o'brien";
const key = 'sk-$(not run) "quoted"';
const wild = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.string({ unit: fc.constantFrom(...Array.from('\'"\\$`!\n\r\t\0{}\u2028%#é猫🍌')) }),
);
const bodies: fc.Arbitrary<SubmitBody> = fc.record(
  {
    prompt: wild,
    model: fc.constantFrom('nano-banana', 'nano-banana-pro'),
    aspect_ratio: fc.constantFrom('auto', '16:9'),
    image_size: fc.constantFrom('1K', '4K'),
    seed: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    image_urls: fc.array(wild, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: ['prompt', 'model', 'aspect_ratio', 'image_size'] },
);
const samples = fc.sample(bodies, 150);
const pathOf = (body: SubmitBody) =>
  `/o'brien/api/gemini/nano-banana${body.image_urls === undefined ? '' : '-edit'}`;

function start(command: string, args: string[], input: string) {
  const { stdout, stderr, status } = spawnSync(command, args, {
    input,
    encoding: 'utf8',
    env: { ...process.env, PLANTAIN_API_KEY: key },
    maxBuffer: 2 ** 26,
  });
  return { stdout, stderr, status };
}

function run(command: string, args: string[], input: string): string {
  const { stdout, stderr, status } = start(command, args, input);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
}

/** Metadata may have the names of the answer itself. */
const succeeded =
  '{"code":200,"data":{"task_id":"t-1","state":"succeeded","data":{"images":[{"url":"x","file_name":"output.png"}],"description":""},' +
  '"metadata":{"state":"pending","file_name":"a.gif","task_id":"t-2"}}}';

test('a POSIX shell gives curl the request as it is, and then asks for the task and its picture', () => {
  // In place of curl: keeps its arguments, and answers as the server does.
  const stub = `curl() {
    for argument; do printf '%s\\0' "$argument" >&3; done
    printf '\\1' >&3
    printf '%s' '${succeeded}'
  }
  exec 3>&1 >/dev/null\n`;
  const script = stub + samples.map((body) => asCode('curl', body, baseUrl)).join('\n');
  const calls = run('sh', [], script)
    .split('\u0001')
    .map((call) => call.split('\0'));
  for (const [index, body] of samples.entries()) {
    const [submit = [], follow = [], picture = []] = calls.slice(index * 3);
    expect(submit.find((argument) => argument.startsWith('http'))).toBe(`https://example.com${pathOf(body)}`);
    expect(submit).toContain(`Authorization: Bearer ${key}`);
    expect(JSON.parse(submit[submit.indexOf('--data-raw') + 1] ?? '')).toEqual(body);
    const task = `${baseUrl}/api/gemini/nano-banana/t-1`;
    expect(follow).toContain(`${task}?wait=30&until=final`);
    expect(picture).toEqual(expect.arrayContaining([`${task}/images/1`, 't-1-1.png']));
  }
});

test.skipIf(isMissing('python3'))('Python posts the request as it is', () => {
  const stub = `import builtins, io, json, urllib.request
seen = []
def urlopen(request, timeout):
    if request.data: seen.append([request.full_url, request.get_header("Authorization"), json.loads(request.data)])
    return io.BytesIO(b'${succeeded}')
urllib.request.urlopen = urlopen
builtins.open = lambda *_: io.BytesIO()
show = print
print = lambda *_: None
`;
  const code = samples.map((body) => asCode('python', body, baseUrl)).join('\n');
  const output = run('python3', ['-'], `${stub}${code}\nshow(json.dumps(seen))\n`);
  expect(JSON.parse(output)).toEqual(
    samples.map((body) => [`https://example.com${pathOf(body)}`, `Bearer ${key}`, body]),
  );
});

const Program = (async () => {}).constructor as new (
  ...text: string[]
) => (...given: unknown[]) => Promise<void>;

test('JavaScript posts the request as it is', async () => {
  for (const body of samples) {
    const seen: unknown[] = [];
    const fetchStub = (url: string, { body: sent }: { body?: string }) => {
      if (sent !== undefined) seen.push(url, JSON.parse(sent));
      return Promise.resolve(new Response(succeeded));
    };
    const code = asCode('javascript', body, baseUrl).replaceAll(/^import .*\n/gm, '');
    const files: string[] = [];
    await new Program('fetch', 'writeFile', 'console', code)(
      fetchStub,
      (file: string) => Promise.resolve(files.push(file)),
      { log: () => {} },
    );
    expect(seen).toEqual([`https://example.com${pathOf(body)}`, body]);
    expect(files).toEqual(['t-1-1.png']);
  }
});

test('a POSIX shell gives the command the prompt, the pictures and the options as they are', () => {
  // No shell hands on a NUL, and what stands in a link was checked by the server before.
  const said: SubmitBody[] = [];
  for (const { image_urls: links, ...body } of samples.filter(({ prompt }) => !prompt.includes('\0')))
    said.push(
      links === undefined
        ? body
        : { ...body, image_urls: links.map((_, index) => `https://example.com/'${index}`) },
    );
  said.push(
    { prompt: '-', model: 'm' },
    { prompt: 'https://example.com', model: 'm', metadata: { a: "it's=1" } },
  );
  // In place of npx: tells its arguments, and what it can read where it is to read.
  const stub = `npx() {
    for argument; do printf '%s\\0' "$argument"; done
    case " $* " in *' - '*) cat ;; esac
    printf '\\0end\\0'
  }\n`;
  const script = stub + said.map((body) => asCode('cli', body, baseUrl)).join('\n');
  const calls = run('sh', [], script).split('\0end\0');
  for (const [index, { prompt, seed, image_urls: links = [], metadata }] of said.entries()) {
    const [call = ''] = calls.slice(index);
    const words = call.split('\0');
    expect(words.slice(0, 2)).toEqual(['--yes', `${baseUrl}/client.tgz`]);
    expect(words[2]).toBe(links.length === 0 ? 'generate' : 'edit');
    expect(words.slice(3, 3 + links.length)).toEqual(links);
    const given = words[3 + links.length];
    expect(given === '-' ? words.at(-1) : given).toBe(Buffer.from(prompt).toString());
    if (seed !== undefined) expect(words).toContain(`--seed=${seed}`);
    if (metadata !== undefined) expect(words).toContain("--metadata=a=it's=1");
  }
});
