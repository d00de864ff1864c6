// `plantain login`: stores the server's address and the key, once the server has accepted the key.

import type { Readable } from 'node:stream';
import { createClient } from '../../index.ts';
import { type Context, defineCommand } from '../command.ts';
import { CliError, codeOf, UsageError } from '../exit-codes.ts';
import { readAll } from '../input-files.ts';
import { ask } from '../interrupts.ts';
import { checkedUrl, loginPath, defaultUrl, writeLogin } from '../login-file.ts';
import type { Terminal } from '../terminal.ts';

const maxKeyLength = 1_000;

export const login = defineCommand({
  name: 'login',
  summary: 'store the server and the key',
  usage: ['login [URL]', 'login URL < key.txt'],
  details: `The key is asked for and not shown, or read from stdin; it is never an argument, since those can be seen by
every user of a machine. PLANTAIN_URL and PLANTAIN_API_KEY go before what is stored.`,
  options: { json: { type: 'boolean', about: 'print JSON' } },
  async run({ values, positionals }, context) {
    const { terminal, environment, signal } = context;
    const [given, ...more] = positionals;
    if (more.length > 0)
      throw new UsageError('login takes the server’s address. The key is asked for.', 'login');
    const { PLANTAIN_URL: fromEnvironment = '' } = environment;
    const fallback = fromEnvironment === '' ? defaultUrl : fromEnvironment;
    const answered = given ?? (await ask(terminal, `Server (${fallback}): `, signal));
    if (answered === null && terminal.canAsk) throw notLoggedIn();
    const url = checkedUrl(answered?.trim() || fallback);
    const apiKey = (await readKey(terminal, signal)).trim();
    if (apiKey === '' || apiKey.length > maxKeyLength || !/^[\x21-\x7e]+$/.test(apiKey))
      throw new UsageError('That is no key: one is a line of letters, digits and signs.', 'login');
    if (travelsInTheOpen(url))
      terminal.message(
        terminal.paint(
          'yellow',
          'This address is http and not on this machine: others on the way can read the key.',
        ),
      );
    context.calls({ url, source: 'argument', hasKey: true });
    await check(url, apiKey, signal);
    const path = loginPath(environment);
    await writeLogin(path, { url, apiKey });
    terminal.message(`${url} takes the key. Stored in ${path}.`);
    if (values.json === true) terminal.json({ url, path });
    return codeOf('ok');
  },
});

function notLoggedIn(): CliError {
  return new CliError('interrupted', 'Not logged in.');
}

/** Checks the key by a call that needs one. Rejects with the client's error. */
async function check(url: string, apiKey: string, signal: AbortSignal): Promise<void> {
  const client = createClient({ baseUrl: url, apiKey, maxRetries: 1 });
  for await (const _ of client.list({ limit: 1 }, { signal })) break;
}

function travelsInTheOpen(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

async function readKey({ stdin, stderr }: Context['terminal'], signal: AbortSignal): Promise<string> {
  if (stdin.isTTY !== true) return (await readAll(stdin, maxKeyLength, signal)).split('\n', 1)[0] ?? '';
  stderr.write('Key (not shown): ');
  return await readHidden(stdin as Terminal['stdin'] & RawInput, signal).finally(() => stderr.write('\n'));
}

type RawInput = Readable & { setRawMode(raw: boolean): unknown };

/** Reads a line that the terminal does not echo. */
async function readHidden(stdin: RawInput, signal: AbortSignal): Promise<string> {
  stdin.setRawMode(true);
  stdin.resume();
  let line = '';
  try {
    return await new Promise<string>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      stdin.on('data', (bytes) => {
        for (const character of String(bytes)) {
          if (character === '\r' || character === '\n') return resolve(line);
          if (character === '\u0003' || character === '\u0004') return reject(notLoggedIn());
          line = character === '\u007F' || character === '\b' ? line.slice(0, -1) : line + character;
        }
      });
    });
  } finally {
    stdin.removeAllListeners('data');
    stdin.setRawMode(false);
    stdin.pause();
  }
}
