// Links to pictures that work without a key until they expire: an expiry and a signature in the query string.
// The links of every task die when the secret is lost, so the secret is a file, made once.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { StartRefusedError } from '../core/errors.ts';
import { writeDurably } from '../lib/durable-file.ts';

const secretBytes = 32;

export interface LinkSigner {
  /** How long links shall work; the caller adds it to the moment from which they count. */
  readonly lifetimeSeconds: number;
  /** Names the secret without telling it: when it changes, links made before have stopped working. */
  readonly keyName: string;
  /** `path` with `?e=<Unix seconds>&token=<signature>` behind it. `path` has no query string of its own. */
  sign: (path: string, expiresAtSeconds: number) => string;
  /** Judges a parsed query string, whatever it holds. `expired` is said only of a link that was signed here. */
  verify: (path: string, query: { e?: unknown; token?: unknown }, nowSeconds: number) => LinkVerdict;
}

export type LinkVerdict = 'valid' | 'expired' | 'invalid';

/** Signs with HMAC-SHA256 over path and expiry. */
export function createLinkSigner(options: { secret: Uint8Array; lifetimeSeconds: number }): LinkSigner {
  const { secret, lifetimeSeconds } = options;
  const tokenFor = (linkPath: string, expiry: string): string =>
    createHmac('sha256', secret).update(`${linkPath}\n${expiry}`).digest('base64url');

  return {
    lifetimeSeconds,
    keyName: createHmac('sha256', secret).update('name of this key').digest('base64url').slice(0, 12),
    sign(linkPath, expiresAtSeconds) {
      const expiry = String(Math.floor(expiresAtSeconds));
      return `${linkPath}?e=${expiry}&token=${tokenFor(linkPath, expiry)}`;
    },
    verify(linkPath, { e, token }, nowSeconds) {
      if (typeof e !== 'string' || typeof token !== 'string' || !/^\d{1,12}$/.test(e)) return 'invalid';
      const expected = Buffer.from(tokenFor(linkPath, e));
      const given = Buffer.from(token);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'invalid';
      return nowSeconds < Number(e) ? 'valid' : 'expired';
    },
  };
}

/** The 32 bytes in `file`; at the first start they are drawn and the file is made, readable by this user only. */
export async function loadOrCreateSecret(file: string): Promise<Uint8Array> {
  const found = await readIfThere(file);
  if (found === null) {
    const secret = randomBytes(secretBytes);
    const root = path.dirname(path.resolve(file));
    await mkdir(root, { recursive: true });
    await writeDurably(path.resolve(file), secret, { temporary: `${path.resolve(file)}.tmp`, root });
    return secret;
  }
  if (found.length !== secretBytes)
    throw new StartRefusedError(
      `The secret for picture links in ${file} has ${found.length} bytes instead of ${secretBytes}, so it is damaged ` +
        'or another file. Put back the right file, or remove it: a new one is made then, and links given out before stop working.',
    );
  return found;
}

async function readIfThere(file: string): Promise<Uint8Array | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
