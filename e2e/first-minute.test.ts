import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { api, submitted } from './calls.ts';
import { runToEnd, serverForAll, startServer, temporaryDirectory } from './server-process.ts';

const publicUrl = 'https://pictures.example.com/plantain';
/** Each of these starts is its first. */
const server = serverForAll({});
const elsewhere = serverForAll({ PLANTAIN_PUBLIC_URL: publicUrl, OPENAI_API_KEY: 'sk-of-nobody' });

describe('the first start', () => {
  test('prints lines that, pasted into a shell, make a picture', async () => {
    const [submit = '', query = ''] = server()
      .stdout()
      .split('\n')
      .filter((line) => line.includes('curl'));
    const answers: string[] = [];
    let state = '';
    const { stdout: id } = await promisify(execFile)('bash', ['-c', submit]);
    while (state !== 'succeeded') {
      const { stdout } = await promisify(execFile)('bash', ['-c', `TASK=${id.trim()}; ${query}`]);
      answers.push(stdout);
      ({ state } = (JSON.parse(stdout) as { data: { state: string } }).data);
    }
    const { data } = (
      JSON.parse(answers.at(-1) ?? '') as { data: { data: { images: { url: string; file_name: string }[] } } }
    ).data;
    const picture = await fetch(data.images[0]?.url ?? '');
    expect(picture.status).toBe(200);
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect(
      Buffer.from(await picture.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  });

  test('says where the links of the answer are, by their whole path', async () => {
    const { url, key, stdout } = server();
    const client = api(url, key ?? '');
    const id = await submitted(client, { prompt: 'x' });
    await client.final(id);
    const answer = await fetch(`${url}/api/gemini/nano-banana/${id}`, {
      headers: { authorization: key ?? '' },
    });
    const path = /state is succeeded and (\S+) has the link/.exec(stdout())?.[1] ?? '';
    const found = path.split('.').reduce<unknown>((value, name) => Object(value)[name], await answer.json());
    expect(found).toMatchObject([{ url: expect.stringContaining('/files/') }]);
  });

  test('has no link that signs in, where no terminal shows it', () => {
    const { stdout, stderr } = server();
    expect(stdout() + stderr()).not.toContain('sign-in=');
  });

  test('names the address by which others reach it', async () => {
    const { url, stdout } = elsewhere();
    const lines = stdout().split('\n');
    expect(lines.filter((line) => line.includes(url))).toEqual([lines[0]]);
    expect(lines.find((line) => line.includes('console'))).toContain(` ${publicUrl}/ `);
    const curls = lines.filter((line) => line.includes('curl'));
    expect(curls).toHaveLength(2);
    for (const line of curls) expect(line).toContain(`curl -sS ${publicUrl}/api/gemini/nano-banana`);
  });

  test('names the models that are served under their own names, and no others', async () => {
    const [bySandbox, byOpenAi] = [server, elsewhere].map((each) =>
      /which serves (.*)/.exec(each().stdout())?.[1]?.split(', '),
    );
    expect(bySandbox).toContain('nano-banana-2.1');
    expect(bySandbox).not.toContain('gpt-image-2');
    expect(byOpenAi).toContain('gpt-image-2');
  });

  test('shows the admin key once, and from then on a line that, with another key in it, shows the refusal', async () => {
    const directory = temporaryDirectory();
    const first = await startServer(directory);
    expect(first.key).toMatch(/^plantain_[\w-]{43}$/);
    await first.end('SIGTERM');
    const again = await startServer(directory);
    expect(again.stdout()).not.toContain('admin key');
    const answer = await fetch(`${again.url}/api/gemini/nano-banana/x`, {
      headers: { authorization: first.key ?? '' },
    });
    expect(answer.status).toBe(404);
    const lines = again.stdout().split('\n');
    const submit = lines.find((line) => line.includes('TASK='))?.replace('YOUR_KEY', 'plantain_wrong') ?? '';
    expect((await promisify(execFile)('bash', ['-c', submit])).stdout).toContain('This API key is not known');
  });

  test('says loudly that it runs open, and asks nobody for a key', async () => {
    const { url, key, stdout } = await startServer(temporaryDirectory(), { PLANTAIN_AUTH: 'open' });
    expect(stdout()).toContain('!! PLANTAIN_AUTH=open');
    expect(key).toBeNull();
    const answer = await fetch(`${url}/api/gemini/nano-banana`, {
      method: 'POST',
      body: '{"prompt":"x"}',
    });
    expect(answer.status).toBe(200);
  });
});

describe('a start that can’t be', () => {
  test('names every fault of the settings in one report', async () => {
    const { code, stderr } = await runToEnd([], {
      PLANTAIN_PORT: 'many',
      PLANTAIN_AUTH: 'maybe',
      PLANTAIN_COLOUR: 'yellow',
      PLANTAIN_DATA_DIR: temporaryDirectory(),
    });
    expect(code).toBe(1);
    expect(stderr).toContain('3 faults');
    expect(stderr).toContain('port (PLANTAIN_PORT) must be a whole number');
    expect(stderr).toContain('auth (PLANTAIN_AUTH) must be one of keys, open');
    expect(stderr).toContain('PLANTAIN_COLOUR is not a setting');
    expect(stderr).not.toContain('    at ');
  });

  test.runIf(process.platform === 'linux')(
    'is refused where the system has no place for a folder, and does not try for ever',
    async () => {
      for (const directory of ['/proc/plantain', '/proc/plantain/data']) {
        const { code, stderr } = await runToEnd([], { PLANTAIN_PORT: '0', PLANTAIN_DATA_DIR: directory });
        expect(code).toBe(1);
        expect(stderr).toContain(
          '/proc/plantain can’t be used: there is no such folder, and none can be made',
        );
      }
    },
  );

  test('is refused in a sentence when another server has the data directory', async () => {
    const { directory, child } = server();
    const { code, stderr } = await runToEnd([], { PLANTAIN_PORT: '0', PLANTAIN_DATA_DIR: directory });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `The data directory ${directory} is in use by another Plantain (process ${child.pid}). ` +
        'Stop that one, or give this one a directory of its own (PLANTAIN_DATA_DIR).\n',
    );
  });

  test('says that the port is taken, without a stack, and shows the admin key at the next start', async () => {
    const { port } = new URL(server().url);
    const directory = temporaryDirectory();
    const { code, stderr } = await runToEnd([], {
      PLANTAIN_PORT: port,
      PLANTAIN_DATA_DIR: directory,
    });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Port ${port} of 127.0.0.1 is taken by another program, which may be another Plantain. ` +
        'Stop that one, or choose another port (PLANTAIN_PORT).\n',
    );
    expect((await startServer(directory)).key).not.toBeNull();
  });
});

test('plantain-server config shows each setting and its source, and no secret', async () => {
  const directory = temporaryDirectory();
  const file = join(directory, 'settings.yaml');
  writeFileSync(file, 'concurrency: 3\nallowed_private_hosts: [pictures.internal, "10.0.0.0/8"]\n');
  const { code, stdout } = await runToEnd(['config'], {
    PLANTAIN_CONFIG: file,
    PLANTAIN_PORT: '9000',
    GEMINI_API_KEY: 'AIzaSecretSecretSecret',
  });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^port\s+9000\s+PLANTAIN_PORT$/m);
  expect(stdout).toMatch(new RegExp(`^concurrency\\s+3\\s+${file}$`, 'm'));
  expect(stdout).toMatch(/^auth\s+"keys"\s+default$/m);
  expect(stdout).toMatch(/^gemini_api_key\s+\(hidden\)\s+GEMINI_API_KEY$/m);
  expect(stdout).not.toContain('Secret');
});
