// Links to pictures that work without a key until they expire: an expiry and a signature in the query string.
// The links of every task die when the secret is lost, so the secret is a file, made once. When it is changed by rotation,
// links that were signed with the one before go on to work until they expire.

import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { RequestError, StartRefusedError } from '../../core/errors.ts';
import { createDurableFiles } from '../../lib/durable-file.ts';
import { type LinkSecrets, secretBytes } from '../../core/pictures/link-secrets.ts';

export interface LinkSigner {
  /** How long links shall work; the caller adds it to the moment from which they count. */
  readonly lifetimeSeconds: number;
  /** Names the secret without telling it: when it changes, links made before have stopped working. */
  readonly keyName: string;
  /** `path` with `?e=<Unix seconds>&token=<signature>` behind it. `path` has no query string of its own. */
  sign: (path: string, expiresAtSeconds: number) => string;
  /** Judges a parsed query string, whatever it holds. `expired` is said only of a link that was signed here. */
  verify: (path: string, query: { e?: unknown; token?: unknown }, nowSeconds: number) => LinkVerdict;
  /** Gives 32 bytes for another purpose, which don't tell the secret, for each secret that is believed: first that which signs. */
  keysFor: (purpose: string) => Uint8Array[];
}

export type LinkVerdict = 'valid' | 'expired' | 'invalid';

/** Signs with HMAC-SHA256 over path and expiry. */
export function createLinkSigner(options: {
  secret: Uint8Array;
  previous?: Uint8Array | null;
  lifetimeSeconds: number;
}): LinkSigner {
  const { secret, previous = null, lifetimeSeconds } = options;
  const tokenFor = (linkPath: string, expiry: string, signedWith = secret): string =>
    createHmac('sha256', signedWith).update(`${linkPath}\n${expiry}`).digest('base64url');
  const believed = previous === null ? [secret] : [secret, previous];

  return {
    lifetimeSeconds,
    keyName: createHmac('sha256', secret).update('name of this key').digest('base64url').slice(0, 12),
    sign(linkPath, expiresAtSeconds) {
      const expiry = String(Math.floor(expiresAtSeconds));
      return `${linkPath}?e=${expiry}&token=${tokenFor(linkPath, expiry)}`;
    },
    verify(linkPath, { e, token }, nowSeconds) {
      if (typeof e !== 'string' || typeof token !== 'string' || !/^\d{1,12}$/.test(e)) return 'invalid';
      const given = Buffer.from(token);
      const isSigned = believed.some((each) => {
        const expected = Buffer.from(tokenFor(linkPath, e, each));
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
      if (!isSigned) return 'invalid';
      return nowSeconds < Number(e) ? 'valid' : 'expired';
    },
    keysFor: (purpose) =>
      believed.map((each) => new Uint8Array(hkdfSync('sha256', each, '', purpose, secretBytes))),
  };
}

/**
 * Creates a signer whose secrets may still be unknown, as while their database is away: until they come it has no name, and refuses to
 * sign and to judge with `RequestError` (`overloaded`).
 */
export function createLateLinkSigner({
  secretsNow,
  lifetimeSeconds,
}: {
  /** `null` while they are unknown. */
  secretsNow: () => LinkSecrets | null;
  lifetimeSeconds: number;
}): LinkSigner {
  let made: { secrets: LinkSecrets; signer: LinkSigner } | null = null;
  function now(): LinkSigner | null {
    const secrets = secretsNow();
    if (secrets === null) return null;
    if (made?.secrets !== secrets)
      made = { secrets, signer: createLinkSigner({ ...secrets, lifetimeSeconds }) };
    return made.signer;
  }
  return {
    lifetimeSeconds,
    get keyName() {
      return now()?.keyName ?? '';
    },
    sign: (...given) => (now() ?? refuse()).sign(...given),
    verify: (...given) => (now() ?? refuse()).verify(...given),
    keysFor: (purpose) => (now() ?? refuse()).keysFor(purpose),
  };
}

function refuse(): never {
  throw new RequestError(
    'overloaded',
    'The server has yet to read the secrets of its links. Try again later.',
    {
      retryAfterSeconds: 5,
    },
  );
}

const secretName = 'link-secret';
const previousOf = (file: string) => `${file}.previous`;

/** Names of the files of a data directory that have the secrets; the second is there after a rotation only. */
export const secretFiles: readonly string[] = [secretName, previousOf(secretName)];

/** Where the secret of a data directory lies. */
export function linkSecretFile(directory: string): string {
  return path.join(directory, secretName);
}

/** Reads the secrets in `file` and beside it; `null` where none was drawn. */
export async function readSecrets(file: string): Promise<LinkSecrets | null> {
  const previous = await readSecret(previousOf(file));
  const secret = await readSecret(file);
  return secret === null ? null : { secret, previous };
}

/** Stores secrets that come from elsewhere. */
export async function storeSecrets(file: string, { secret, previous }: LinkSecrets): Promise<void> {
  if (previous !== null) await writeSecret(previousOf(file), previous);
  await writeSecret(file, secret);
}

/** The secrets in `file` and beside it; at the first start one is drawn and the file is made, readable by this user only. */
export async function loadOrCreateSecrets(file: string): Promise<LinkSecrets> {
  const previous = await readSecret(previousOf(file));
  const secret = await readSecret(file);
  if (secret !== null) return { secret, previous };
  const drawn = randomBytes(secretBytes);
  await writeSecret(file, drawn);
  return { secret: drawn, previous };
}

/**
 * Draws a new secret; the one that was there is kept for as long as no other rotation follows. A server takes it up at its
 * next start. The order of the writes matters: cut off between them, the secret in use stands in both files.
 */
export async function rotateSecret(file: string): Promise<void> {
  const secret = await readSecret(file);
  if (secret !== null) await writeSecret(previousOf(file), secret);
  await writeSecret(file, randomBytes(secretBytes));
}

async function writeSecret(file: string, secret: Uint8Array): Promise<void> {
  const root = path.dirname(path.resolve(file));
  await mkdir(root, { recursive: true });
  await createDurableFiles(root).write(file, secret, `${file}.tmp`);
}

async function readSecret(file: string): Promise<Uint8Array | null> {
  const found = await readIfThere(file);
  if (found === null) return null;
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
