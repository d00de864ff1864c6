// Address and key of the server: from the environment, else from the stored login.
// The stored key is sent only to the server with which it was stored: another PLANTAIN_URL alone does not get it.

import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CliError, type UrlSource } from './exit-codes.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface Login {
  url: string;
  apiKey: string | undefined;
}

/** Address of a server that was started without settings. */
export const defaultUrl = 'http://127.0.0.1:8787';

/** `~/.config/plantain/config.json`, or its counterpart by the system's own variables. */
export function loginPath(environment: Environment, platform: NodeJS.Platform = process.platform): string {
  const home = environment['HOME'] ?? homedir();
  const folder =
    platform === 'win32'
      ? (environment['APPDATA'] ?? join(home, 'AppData', 'Roaming'))
      : // The XDG specification says to ignore a relative one.
        environment['XDG_CONFIG_HOME']?.startsWith('/') === true
        ? environment['XDG_CONFIG_HOME']
        : join(home, '.config');
  return join(folder, 'plantain', 'config.json');
}

/** Chooses address and key. Throws `CliError` for a damaged file or an invalid address. */
export async function readLogin(environment: Environment): Promise<Login & { source: UrlSource }> {
  const url = environment['PLANTAIN_URL'] ?? '';
  const apiKey = environment['PLANTAIN_API_KEY'] ?? '';
  if (url !== '' && apiKey !== '') return { url: checkedUrl(url), apiKey, source: 'variable' };
  const stored = await readStored(loginPath(environment));
  const chosen = checkedUrl(url === '' ? (stored?.url ?? defaultUrl) : url);
  const storedKey = stored?.url === chosen ? stored.apiKey : undefined;
  const source = url !== '' ? 'variable' : stored === null ? 'default' : 'login';
  return { url: chosen, apiKey: apiKey === '' ? storedKey : apiKey, source };
}

/** Returns the address without a slash at its end. Throws `CliError` (`usage`). */
export function checkedUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new CliError(
      'usage',
      `The server’s address must begin with http:// or https://, such as ${defaultUrl}.`,
    );
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new CliError(
      'usage',
      'The server’s address must have no user, no ? and no #: the key is stored apart.',
    );
  return url.href.replace(/(?<!\/)\/+$/, '');
}

async function readStored(path: string): Promise<Login | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    const { url, api_key: apiKey } = JSON.parse(text) as { url: unknown; api_key?: unknown };
    if (typeof url === 'string') return { url, apiKey: typeof apiKey === 'string' ? apiKey : undefined };
  } catch {
    // Said below, together with a file that is JSON and no login.
  }
  throw new CliError('file', `${path} is not a login that plantain wrote. Delete it and log in again.`);
}

/** Writes the login, readable by this user alone, whole or not at all. */
export async function writeLogin(path: string, { url, apiKey }: Login): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const temporary = `${path}.${process.pid}.new`;
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ url, api_key: apiKey }, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
