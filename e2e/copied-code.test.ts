// The code that the console shows is saved or pasted as it is, and run: it ends with a picture on disk, or says why there is none.

import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient, type SubmitBody } from '@plantain/client';
import { expect, test } from 'vitest';
import { type CodeLanguage, writers } from '../packages/console/src/code/as-code.ts';
import { api, submitted } from './calls.ts';
import { isMissing } from './needed-tool.fixture.ts';
import { serverForAll, temporaryDirectory } from './server-process.ts';

const key = 'k'.repeat(40);
const server = serverForAll({ PLANTAIN_ADMIN_KEY: key, PLANTAIN_SANDBOX_DURATION_MS: '0' });
const png = Buffer.from('89504e470d0a1a0a', 'hex');

/** Each as the page says that it is run. */
const languages: Record<
  CodeLanguage,
  { needs: string; file: string; run: [command: string, argument: string] }
> = {
  curl: { needs: 'curl', file: 'picture.sh', run: ['sh', 'picture.sh'] },
  javascript: { needs: 'node', file: 'picture.mjs', run: [process.execPath, 'picture.mjs'] },
  python: { needs: 'python3', file: 'picture.py', run: ['python3', 'picture.py'] },
  cli: { needs: 'npx', file: 'picture.sh', run: ['sh', 'picture.sh'] },
};

/** In a folder of its own; `home` is where npm keeps what it has fetched once. */
async function runCopied(language: CodeLanguage, body: SubmitBody, home: string) {
  const directory = temporaryDirectory();
  const { file, run } = languages[language];
  writeFileSync(join(directory, file), writers[language](body, server().url));
  const before = readdirSync(directory);
  const [command, ...args] = run;
  const child = spawn(command, args, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      PLANTAIN_API_KEY: key,
      npm_config_update_notifier: 'false',
    },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (said.stdout += chunk));
  child.stderr.on('data', (chunk) => (said.stderr += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  const files = readdirSync(directory).filter((name) => !before.includes(name) && !name.startsWith('.'));
  return { code, ...said, files, bytes: files.map((name) => readFileSync(join(directory, name))) };
}

test.for(Object.keys(languages) as CodeLanguage[])(
  'the code in %s puts pictures into files, and says why where an edit gives none',
  { timeout: 120_000 },
  async (language, { skip }) => {
    const { needs } = languages[language];
    if (isMissing(needs)) skip();
    const { url } = server();
    const prompt = `It's "a cat" for $HOME, \`date\` and 100 %\nin 猫 🐈 [[images 2]]`;
    const home = temporaryDirectory();
    const metadata = { language };
    const body = {
      prompt,
      model: 'nano-banana-pro',
      aspect_ratio: '16:9',
      image_size: '1K',
      seed: -7,
      metadata,
    };
    const made = await runCopied(language, body, home);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    expect(made.files).toHaveLength(2);
    for (const file of made.files) expect(made.stdout).toContain(file);
    for (const bytes of made.bytes) expect(bytes.subarray(0, png.length)).toEqual(png);
    const client = api(url, key);
    const input = await client.final(await submitted(client, { prompt: 'an input' }));
    const links = input.data.images.map(({ url: link }) => link);

    const refused = await runCopied(
      language,
      { ...body, prompt: 'by night [[fail content_rejected]]', image_urls: links },
      home,
    );
    expect(refused).toMatchObject({ code: expect.any(Number), files: [] });
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('content rules');

    const tasks: string[] = [];
    for await (const { action, model } of createClient({ baseUrl: url, apiKey: key }).list({ metadata }))
      tasks.push(`${action} ${model}`);
    expect(tasks).toEqual(['edit nano-banana-pro', 'generate nano-banana-pro']);
  },
);
