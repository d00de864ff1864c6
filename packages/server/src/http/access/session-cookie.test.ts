import { expect, test } from 'vitest';
import { newSessionSecret } from '../../core/sessions/sessions.ts';
import { createSessionCookie } from './session-cookie.ts';

const secret = newSessionSecret();
const plain = createSessionCookie('http://pictures.example:8787/below');
const secure = createSessionCookie('https://pictures.example/below');

test('the cookie is out of the reach of scripts and of other sites, and over https of other hosts', () => {
  expect(plain.set(secret, false)).toBe(`plantain=${secret}; Path=/; HttpOnly; SameSite=Lax`);
  expect(createSessionCookie(undefined).set(secret, false)).toBe(plain.set(secret, false));
  expect(secure.set(secret, true)).toBe(
    `__Host-plantain=${secret}; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=604800`,
  );
  expect(secure.clear()).toBe('__Host-plantain=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0');
});

test('the secret is found among other cookies, and only in one of its name and shape', () => {
  const other = newSessionSecret();
  for (const header of [
    `plantain=${secret}`,
    `a=b; plantain=${secret} ;c`,
    `plantain="; plantain=${secret}; plantain=${other}`,
    `plantain=; =; ;;plantain=${'x'.repeat(44)};plantain=${secret}`,
  ])
    expect(plain.read(header), header).toBe(secret);
  for (const header of [
    undefined,
    '',
    ';=;',
    `plantain="${secret}"`,
    `plantain2=${secret}`,
    `x plantain=${secret}`,
    `__Host-plantain=${secret}`,
    `Plantain=${secret}`,
  ])
    expect(plain.read(header), header).toBeNull();
  expect(secure.read(`plantain=${other}; __Host-plantain=${secret}`)).toBe(secret);
});

test('a header of any cookies is read in work that grows with its size', () => {
  const spent = (header: string) => {
    const begun = performance.now();
    for (let run = 0; run < 100; run += 1) plain.read(header);
    return (performance.now() - begun) / 100;
  };
  for (const part of ['plantain=', 'plantain=;', ';', '"', ' ', 'plantain="; '])
    expect(spent(part.repeat(16_384 / part.length)), part).toBeLessThan(20);
});
