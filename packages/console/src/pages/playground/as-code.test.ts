// The code is run, with stand-ins for what it calls: what arrives there has to be the request itself, whatever stands in the prompt.

import { spawnSync } from 'node:child_process';
import type { SubmitBody } from '@plantain/client';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { asCode } from './as-code.ts';

const baseUrl = "https://example.com/o'brien";
const key = 'sk-$(not run) "quoted"';
const wild = fc.oneof(
  fc.string({ unit: 'binary' }),
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

const [sample] = samples;
if (sample === undefined) throw new Error('There is no sample.');
/** What the server answers in turn, and how the program has to end. */
const endings = [
  {
    answers: [submitted(), polled('running'), polled('succeeded')],
    status: 0,
    says: 'https://example.com/1.png',
  },
  { answers: [submitted(), polled('error')], status: 1, says: 'The model refused.' },
  { answers: ['{"code":401,"msg":"Pass the key.","data":null}'], status: 1, says: 'Pass the key.' },
];

function submitted(): string {
  return '{"code":200,"data":{"task_id":"t-1","events_url":"x"}}';
}

function polled(state: string): string {
  const images = state === 'succeeded' ? [{ url: 'https://example.com/1.png' }] : [];
  const msg = state === 'error' ? 'The model refused.' : '';
  return JSON.stringify({ code: 200, data: { task_id: 't-1', state, data: { images }, msg } });
}

test.each(endings)('curl that hears "$says" ends with $status', ({ answers, status, says }) => {
  // Each call is in a process of its own, so that the next answer is kept in a file.
  const stub = `answers=$(mktemp -d)
  trap 'rm -r "$answers"' EXIT
  ${answers.map((answer, index) => `printf '%s' '${answer}' > "$answers/${index}"`).join('\n')}
  curl() { set -- "$answers"/*; cat "$1"; rm "$1"; }\n`;
  const ended = start('sh', [], stub + asCode('curl', sample, baseUrl));
  expect(ended).toMatchObject({ status, stderr: '' });
  expect(ended.stdout).toContain(says);
});

test('a POSIX shell gives curl the request as it is, and then asks for the task of the answer', () => {
  // In place of curl: keeps its arguments, and answers as the server does.
  const stub = `curl() {
    for argument; do printf '%s\\0' "$argument" >&3; done
    printf '\\1' >&3
    printf '{"code":200,"data":{"task_id":"t-1","state":"succeeded"}}'
  }
  exec 3>&1 >/dev/null\n`;
  const script = stub + samples.map((body) => asCode('curl', body, baseUrl)).join('\n');
  const calls = run('sh', [], script)
    .split('\u0001')
    .map((call) => call.split('\0'));
  for (const [index, body] of samples.entries()) {
    const [submit = [], follow = []] = calls.slice(index * 2);
    expect(new URL(submit[1] ?? '').pathname).toBe(pathOf(body));
    expect(submit).toContain(`Authorization: Bearer ${key}`);
    expect(JSON.parse(submit[submit.indexOf('--data-raw') + 1] ?? '')).toEqual(body);
    expect(follow[1]).toBe(`${baseUrl}/api/gemini/nano-banana/t-1?wait=60&until=final`);
  }
});

const hasPython = spawnSync('python3', ['--version']).status === 0;
test.skipIf(!hasPython)('Python posts the request as it is', () => {
  const stub = `import json, sys, types
class Answer:
    ok = True
    def json(self): return {"data": {"task_id": "t-1", "state": "succeeded", "data": {"images": []}}}
def post(url, headers, timeout, json): seen.append([url, headers["Authorization"], json]); return Answer()
def get(url, headers, timeout, params): seen.append(url); return Answer()
seen = []
sys.modules["requests"] = types.SimpleNamespace(post=post, get=get)
`;
  const code = samples.map((body) => asCode('python', body, baseUrl)).join('\n');
  const output = run('python3', ['-'], `${stub}${code}\nprint(json.dumps(seen))\n`);
  expect(JSON.parse(output)).toEqual(
    samples.flatMap((body) => [
      [`https://example.com${pathOf(body)}`, `Bearer ${key}`, body],
      `${baseUrl}/api/gemini/nano-banana/t-1`,
    ]),
  );
});

test.skipIf(!hasPython).each(endings)(
  'Python that hears "$says" ends with $status',
  ({ answers, status, says }) => {
    const stub = `import json as parser, types
class Answer:
    def __init__(self, text): self.text = text; self.ok = parser.loads(text)["code"] == 200
    def json(self): return parser.loads(self.text)
answers = parser.loads(${JSON.stringify(JSON.stringify(answers))})
call = lambda *_, **__: Answer(answers.pop(0))
import sys
sys.modules["requests"] = types.SimpleNamespace(post=call, get=call)
`;
    const {
      stdout,
      stderr,
      status: code,
    } = start('python3', ['-'], stub + asCode('python', sample, baseUrl));
    expect(code).toBe(status);
    expect(status === 0 ? stdout : stderr).toContain(says);
  },
);

const Program = (async () => {}).constructor as new (
  ...text: string[]
) => (...given: unknown[]) => Promise<void>;

test('TypeScript gives the client the request as it is', async () => {
  for (const body of samples) {
    const seen: unknown[] = [];
    const submit = (method: string) => (input: unknown) => {
      seen.push(method, input);
      return { task_id: 't-1' };
    };
    const createClient = (options: { baseUrl: string }) => {
      seen.push(options.baseUrl);
      return {
        generate: submit('generate'),
        edit: submit('edit'),
        wait: (id: string) => {
          seen.push(id);
          return { data: { images: [{ url: 'https://example.com/picture' }] } };
        },
      };
    };
    const code = asCode('typescript', body, baseUrl).replace(/^import .*\n/, '');
    await new Program('createClient', 'console', code)(createClient, {
      log: (url: string) => seen.push(url),
      error: (fault: unknown) => seen.push('error', fault),
    });
    const method = body.image_urls === undefined ? 'generate' : 'edit';
    expect(seen).toEqual([baseUrl, method, body, 't-1', 'https://example.com/picture']);
  }
});

test('TypeScript says why the task failed, and ends with 1', async () => {
  const code = asCode('typescript', sample, baseUrl).replace(/^import .*\n/, '');
  const submit = () => ({ task_id: 't-1' });
  const wait = () => Promise.reject(new Error('The model refused.'));
  const said: unknown[] = [];
  const ended = { env: {}, exitCode: 0 };
  await new Program('createClient', 'console', 'process', code)(
    () => ({ generate: submit, edit: submit, wait }),
    { error: (fault: unknown) => said.push(fault) },
    ended,
  );
  expect([said, ended.exitCode]).toEqual([['The model refused.'], 1]);
});
