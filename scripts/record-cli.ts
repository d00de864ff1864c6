// Runs the terminal sessions of docs/cli.md again, against a sandbox server of its own, and writes what they print in their place:
// in each block that is called `console`, a line that begins with `$ ` is typed, and what stands below it is its output.
//
//   node scripts/record-cli.ts

import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { launchServer } from '../e2e/launch-server.ts';

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs', 'cli.md');
const home = mkdtempSync(join(tmpdir(), 'plantain-record-'));
const key = `plantain_${randomBytes(16).toString('hex')}`;
const shownKey = 'plantain_7MV2...';

/** Gives the text of the pattern's first group, when the stream has said it. */
async function until(stream: Readable, pattern: RegExp): Promise<string> {
  let text = '';
  return await new Promise((resolve, reject) => {
    const take = (piece: Buffer) => {
      text += piece.toString();
      const found = pattern.exec(text)?.[1];
      if (found === undefined) return;
      stream.off('data', take).off('close', end);
      resolve(found);
    };
    const end = () => reject(new Error(`It ended and said: ${text}`));
    stream.on('data', take).once('close', end);
  });
}

/** One shell for all sessions, so that what one sets the next one has. */
function openShell() {
  const bin = join(home, '.bin');
  mkdirSync(bin);
  const program = join(bin, 'plantain');
  writeFileSync(
    program,
    `#!/bin/sh\nexec "${process.execPath}" "${root}/packages/client/src/cli/main.ts" "$@"\n`,
  );
  chmodSync(program, 0o755);
  writeFileSync(join(home, 'key.txt'), `${key}\n`);
  const {
    PLANTAIN_URL: _url,
    PLANTAIN_API_KEY: _key,
    XDG_CONFIG_HOME: _folder,
    ...environment
  } = process.env;
  const shell = spawn('bash', ['--noprofile', '--norc'], {
    cwd: home,
    env: { ...environment, HOME: home, PATH: `${bin}:${environment['PATH']}`, TZ: 'UTC' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  shell.stdin.write('exec 2>&1\n');
  return {
    async type(command: string): Promise<string> {
      const end = randomUUID();
      shell.stdin.write(
        `{ ${command}\n} </dev/null; (exit $?); ended=$?; echo; echo ${end}; (exit $ended)\n`,
      );
      return await until(shell.stdout, new RegExp(`^([^]*)\n${end}\n`));
    },
    close: () => shell.stdin.end(),
  };
}

const server = await launchServer(join(home, 'data'), {
  PLANTAIN_ADMIN_KEY: key,
  PLANTAIN_SANDBOX_DURATION_MS: '1000',
  PLANTAIN_LOG_LEVEL: 'error',
  PLANTAIN_ALLOWED_PRIVATE_HOSTS: '127.0.0.1:8788',
});
try {
  const { url } = server;
  const shell = openShell();
  const shown = (output: string) =>
    output
      .replaceAll(url, 'http://127.0.0.1:8787')
      .replaceAll(key, shownKey)
      .replaceAll(home, '/home/you')
      // The shell says so whenever it looks at its jobs next, perhaps some commands later.
      .replaceAll(/^bash: line \d+: +\d+ Killed .*\n/gm, '')
      .replaceAll(/token=[\w-]{8}[\w-]+/g, (token) => `${token.slice(0, 14)}...`)
      .trimEnd();
  const blocks = readFileSync(page, 'utf8').split(/(?<=^```console\n)([^]*?)(?=^```$)/m);
  for (const [index, block] of blocks.entries()) {
    // The text between two blocks stands at the even places.
    if (index % 2 === 0) continue;
    const lines: string[] = [];
    for (const line of block.split('\n').filter((each) => each.startsWith('$ '))) {
      const command = line.slice(2);
      const output = shown(await shell.type(command.replaceAll('http://127.0.0.1:8787', url)));
      lines.push(line, ...(output === '' ? [] : [output]));
      console.error(line);
    }
    blocks[index] = `${lines.join('\n')}\n`;
  }
  shell.close();
  writeFileSync(page, blocks.join(''));
} finally {
  await server.end('SIGTERM');
  rmSync(home, { recursive: true, force: true });
}
