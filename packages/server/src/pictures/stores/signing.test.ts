import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLinkSigner, loadOrCreateSecrets, rotateSecret } from './signing.ts';

const signer = createLinkSigner({ secret: new Uint8Array(32).fill(7), lifetimeSeconds: 60 });

function queryOf(link: string): { e: string; token: string } {
  const query = new URL(link, 'http://plantain.test').searchParams;
  return { e: query.get('e') ?? '', token: query.get('token') ?? '' };
}

test('a signed link is valid until the second it expires', () => {
  const link = signer.sign('/files/a/output.png', 1000);
  expect(link).toMatch(/^\/files\/a\/output\.png\?e=1000&token=[\w-]{43}$/);
  const verdicts = [0, 999, 1000, 5000].map((now) =>
    signer.verify('/files/a/output.png', queryOf(link), now),
  );
  expect(verdicts).toEqual(['valid', 'valid', 'expired', 'expired']);
});

test('a link is worth nothing for another path, expiry, token or secret', () => {
  const query = queryOf(signer.sign('/files/a', 1000));
  const other = createLinkSigner({ secret: new Uint8Array(32).fill(8), lifetimeSeconds: 60 });
  const flipped = (query.token.startsWith('A') ? 'B' : 'A') + query.token.slice(1);
  expect([
    signer.verify('/files/b', query, 0),
    signer.verify('/files/a', { ...query, e: '1001' }, 0),
    signer.verify('/files/a', { ...query, e: '01000' }, 0),
    signer.verify('/files/a', { ...query, token: flipped }, 0),
    other.verify('/files/a', query, 0),
  ]).toEqual(Array(5).fill('invalid'));
});

test('the name of the key is the same for one secret, and another for another', () => {
  const nameWith = (filling: number): string =>
    createLinkSigner({ secret: new Uint8Array(32).fill(filling), lifetimeSeconds: 60 }).keyName;
  expect(signer.keyName).toBe(nameWith(7));
  expect(signer.keyName).not.toBe(nameWith(8));
});

test('keys for other purposes are made of each secret that is believed, that which signs first, and tell none', () => {
  const [secret, previous] = [new Uint8Array(32).fill(7), new Uint8Array(32).fill(8)];
  const both = createLinkSigner({ secret, previous, lifetimeSeconds: 60 });
  const before = createLinkSigner({ secret: previous, lifetimeSeconds: 60 });
  expect(both.keysFor('a')).toEqual([...signer.keysFor('a'), ...before.keysFor('a')]);
  expect(both.keysFor('a')[0]).toHaveLength(32);
  expect(both.keysFor('b')).not.toEqual(both.keysFor('a'));
  expect(both.keysFor('a')).not.toContainEqual(secret);
});

test('a malformed query string is invalid, and never an exception', () => {
  const { e, token } = queryOf(signer.sign('/a', 1000));
  const odd = fc.oneof(
    fc.anything(),
    fc.string(),
    fc.constant([e]),
    fc.constant('9'.repeat(400)),
    fc.constant('-1'),
  );
  fc.assert(
    fc.property(odd, odd, (oddE, oddToken) => {
      expect(signer.verify('/a', { e: oddE, token: oddToken }, 0)).toBe('invalid');
      expect(signer.verify('/a', { e, token: oddToken }, 0)).toBe('invalid');
      expect(signer.verify('/a', { e: oddE, token }, 0)).toBe('invalid');
    }),
  );
  // As many bytes as a token, and as many characters as one, are two different tests.
  expect(signer.verify('/a', { e, token: `${token.slice(2)}é` }, 0)).toBe('invalid');
  expect(signer.verify('/a', { e, token: `${token.slice(1)}é` }, 0)).toBe('invalid');
});

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'plantain-signing-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('the secret is made once, for this user only, and found again', async () => {
  const file = path.join(directory, 'new', 'link-secret');
  const { secret: made, previous } = await loadOrCreateSecrets(file);
  expect(previous).toBeNull();
  expect(made).toHaveLength(32);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(path.dirname(file))).toEqual(['link-secret']);
  expect(Buffer.from((await loadOrCreateSecrets(file)).secret)).toEqual(Buffer.from(made));
  const { secret: other } = await loadOrCreateSecrets(path.join(directory, 'other'));
  expect(Buffer.from(other)).not.toEqual(Buffer.from(made));
});

test('a secret of the wrong size stops the start and is left as it is', async () => {
  const file = path.join(directory, 'link-secret');
  await writeFile(file, 'short');
  await expect(loadOrCreateSecrets(file)).rejects.toThrow('has 5 bytes instead of 32');
  expect(await readFile(file, 'utf8')).toBe('short');
});

test('links of the secret before a rotation work until they expire or the next one; new ones are signed anew', async () => {
  const file = path.join(directory, 'link-secret');
  const signerNow = async () =>
    createLinkSigner({ ...(await loadOrCreateSecrets(file)), lifetimeSeconds: 60 });
  const first = await signerNow();
  const query = Object.fromEntries(new URLSearchParams(first.sign('/a', 100).split('?')[1]));
  await rotateSecret(file);
  const second = await signerNow();
  expect(second.keyName).not.toBe(first.keyName);
  expect([second.verify('/a', query, 99), second.verify('/a', query, 100)]).toEqual(['valid', 'expired']);
  expect(second.verify('/b', query, 99)).toBe('invalid');
  const anew = Object.fromEntries(new URLSearchParams(second.sign('/a', 100).split('?')[1]));
  expect(anew['token']).not.toBe(query['token']);
  expect(first.verify('/a', anew, 99)).toBe('invalid');
  await rotateSecret(file);
  const third = await signerNow();
  expect([third.verify('/a', query, 99), third.verify('/a', anew, 99)]).toEqual(['invalid', 'valid']);
  for (const name of await readdir(directory))
    expect((await stat(path.join(directory, name))).mode & 0o777).toBe(0o600);
});

test('a rotation before the first start leaves one secret that works', async () => {
  const file = path.join(directory, 'link-secret');
  await rotateSecret(file);
  expect(await readdir(directory)).toEqual(['link-secret']);
  expect((await loadOrCreateSecrets(file)).previous).toBeNull();
});
