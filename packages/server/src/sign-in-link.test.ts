import { expect, test } from 'vitest';
import { adminKeyMark } from './core/keys/declared-keys.ts';
import { newKey } from './core/keys/keys.ts';
import { hashOfSecret } from './core/sessions/sessions.ts';
import { provideSignInLink } from './sign-in-link.ts';

const now = 1_000_000;
const make = (name: string, more: object = {}) => ({ ...newKey({ name, role: 'admin', now }), ...more });
const keys = {
  user: make('user', { role: 'user' }),
  revoked: make('revoked', { revokedAt: now }),
  expired: make('expired', { expiresAt: now }),
  first: make('first'),
  settled: make('settled', { declaredAs: adminKeyMark }),
};

async function provide(
  given: (keyof typeof keys)[],
  config: Parameters<typeof provideSignInLink>[0] = { auth: 'keys', role: 'all' },
) {
  const stored: { hash: string; keyId: string; expiresAt: number; act: string | undefined }[] = [];
  const address = await provideSignInLink(config, {
    store: { insertSignInLink: async (link, audited) => void stored.push({ ...link, act: audited?.act }) },
    keys: given.map((name) => keys[name]),
    now,
    publicUrl: { current: () => 'https://a.example/below', listensOn: () => '' },
  });
  return { address, stored };
}

test('the link signs in as the admin key of the settings, else as the oldest that works', async () => {
  for (const [given, chosen] of [
    [['user', 'revoked', 'expired', 'first', 'settled'], 'settled'],
    [['user', 'revoked', 'expired', 'first'], 'first'],
  ] as const) {
    const { address, stored } = await provide([...given]);
    const secret = /^https:\/\/a\.example\/below\/#sign-in=([\w-]{43})$/.exec(address ?? '')?.[1] ?? '';
    expect(stored).toEqual([
      { hash: hashOfSecret(secret), keyId: keys[chosen].id, expiresAt: now + 10 * 60_000, act: 'key.link' },
    ]);
  }
});

test('there is no link without such a key, and where nobody signs in', async () => {
  const none = { address: null, stored: [] };
  expect(await provide(['user', 'revoked', 'expired'])).toEqual(none);
  expect(await provide(['first'], { auth: 'open', role: 'all' })).toEqual(none);
  expect(await provide(['first'], { auth: 'keys', role: 'worker' })).toEqual(none);
});
