// Runs the code blocks of the guides, in their order, in one shell for each guide and against one sandbox server. A block of sh runs in
// that shell, one of js as a program of its own; blocks of other kinds show what comes out, and are not run.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter, dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import {
  adminKey,
  startServer,
  temporaryDirectory,
  type TestServer,
} from '../packages/server/src/http/server.fixture.ts';
import { isMissing } from './needed-tool.fixture.ts';

const root = join(import.meta.dirname, '..');
/** Premises of each guide, as its text says or as its reader has them. */
const guides: Readonly<Record<string, { before?: string; serves?: true; shows?: string }>> = {
  'first-minute.md': {},
  'moving-from-the-vendor.md': {},
  'following-tasks.md': {
    before: `
      import { EventSource } from 'undici';
      const eventsUrl = process.env.EVENTS_URL;
      const show = (state, progress) => console.log(state, progress);`,
  },
  'many-tasks.md': {},
  'webhooks.md': { serves: true, shows: 'webhook.test' },
  'testing-with-the-sandbox.md': {},
  'client.md': {},
};

let server: TestServer;
/** Where the receiver of the guide of webhooks listens. */
let receiver: string;
beforeAll(async () => {
  receiver = `127.0.0.1:${await freePort()}`;
  server = await startServer({ ALLOWED_PRIVATE_HOSTS: receiver });
});

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

/** A failed call ends the guide; a stream that has no end is followed for a second. */
const prelude = `
set -euo pipefail
curl() {
  if [ "$1" = -N ]; then command curl --no-progress-meter --max-time 1 "$@" || [ $? = 28 ]
  elif [[ $1 == -f* ]]; then command curl "$@"
  else command curl --fail-with-body "$@"; fi
}
`;

/** One script of all blocks; blocks of js become files beside it. */
function toScript(guide: string, directory: string): { script: string; blocks: number } {
  const text = readFileSync(join(root, 'docs', guide), 'utf8')
    .replaceAll('http://127.0.0.1:8787', server.url)
    .replaceAll('plantain_your_key', adminKey)
    .replaceAll('127.0.0.1:3000', receiver);
  const blocks = [...text.matchAll(/^```(sh|js)\n(.*?)^```$/gms)];
  const steps = blocks.map(([, language, code = ''], index) => {
    const title = `echo; echo "== block ${index + 1}"\n`;
    if (language === 'sh') return title + code;
    const file = join(directory, `block-${index + 1}.mjs`);
    writeFileSync(file, `${guides[guide]?.before ?? ''}\n${code}`);
    return title + (guides[guide]?.serves === true ? inBackground(file) : `node ${file}\n`);
  });
  return { script: prelude + steps.join(''), blocks: blocks.length };
}

/** Until the guide has ended; what comes next finds it listening. */
function inBackground(file: string): string {
  const [host, port] = receiver.split(':');
  return `node ${file} & trap "kill $!" EXIT
until (echo > /dev/tcp/${host}/${port}) 2> /dev/null; do sleep 0.05; done
`;
}

const isMissingShell = isMissing('bash') || isMissing('curl');

test.skipIf(isMissingShell).each(Object.keys(guides))('every code block of %s works', async (guide) => {
  const directory = temporaryDirectory();
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  const { script, blocks } = toScript(guide, directory);
  expect(blocks).toBeGreaterThan(0);
  const { body } = await server.post({ prompt: 'a banana' });
  const { code, output } = await run(script, directory, {
    PLANTAIN_URL: server.url,
    PLANTAIN_API_KEY: adminKey,
    KEY: adminKey,
    ID: body.data.task_id,
    EVENTS_URL: body.data.events_url ?? '',
  });
  expect(code, output).toBe(0);
  expect(output.match(/^== block /gm)).toHaveLength(blocks);
  expect(output).toContain(guides[guide]?.shows ?? '');
});

async function run(
  script: string,
  cwd: string,
  environment: Record<string, string>,
): Promise<{ code: number; output: string }> {
  const path = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  return new Promise((resolve) => {
    const options = { cwd, env: { ...process.env, ...environment, PATH: path }, timeout: 25_000 };
    const child = execFile('bash', ['-c', script], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : (child.exitCode ?? 1), output: stdout + stderr });
    });
  });
}
