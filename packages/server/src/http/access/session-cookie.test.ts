import { expect, test } from 'vitest';
import { newSessionSecret } from '../../core/sessions/sessions.ts';
import { createSessionCookie, type SessionCookie } from './session-cookie.ts';

const secret = newSessionSecret();
const plain = createSessionCookie(() => 'http://pictures.example:8787/below');
const secure = createSessionCookie(() => 'https://pictures.example/below');
const nameOf = (cookie: SessionCookie) => cookie.set(secret, false).split('=')[0] ?? '';
const [plainName, secureName] = [nameOf(plain), nameOf(secure)];

test('the cookie is out of the reach of scripts and of other sites, and over https of other hosts', () => {
  expect(plain.set(secret, false)).toMatch(
    /^plantain-[\da-f]{8}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/,
  );
  expect(secure.set(secret, true)).toMatch(
    /^__Host-plantain-[\da-f]{8}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=604800$/,
  );
  expect(secure.clear()).toEqual([`${secureName}=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0`]);
  expect(plain.clear()).toEqual([
    `${plainName}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`,
    `${plainName}=; Path=/api; HttpOnly; SameSite=Lax; Max-Age=0`,
  ]);
});

test('servers on one host have cookies of their own, by the port that they have when they listen', () => {
  let url = 'http://127.0.0.1:0';
  const cookie = createSessionCookie(() => url);
  url = 'http://127.0.0.1:8787';
  expect(nameOf(cookie)).toBe(nameOf(createSessionCookie(() => url)));
  expect(nameOf(cookie)).not.toBe(nameOf(createSessionCookie(() => 'http://127.0.0.1:8788')));
});

test('the secret is found among other cookies, and only in one of its name and shape', () => {
  for (const header of [
    `${plainName}=${secret}`,
    `a=b; ${plainName}=${secret} ;c`,
    `${plainName}="; ${plainName}=${secret}; ${plainName}=${secret}`,
    `${plainName}=; =; ;;${plainName}=${'x'.repeat(44)};${plainName}=${secret}`,
  ])
    expect(plain.read(header), header).toEqual([secret]);
  for (const header of [
    undefined,
    '',
    ';=;',
    `${plainName}="${secret}"`,
    `plantain=${secret}`,
    `x ${plainName}=${secret}`,
    `__Host-${plainName}=${secret}`,
    `P${plainName.slice(1)}=${secret}`,
  ])
    expect(plain.read(header), header).toEqual([]);
  expect(secure.read(`${plainName}=${newSessionSecret()}; ${secureName}=${secret}`)).toEqual([secret]);
});

test('of several cookies of its name the first four are read', () => {
  const several = Array.from({ length: 6 }, newSessionSecret);
  expect(plain.read(several.map((each) => `${plainName}=${each}`).join('; '))).toEqual(several.slice(0, 4));
});

test('a header of any cookies is read in work that grows with its size', () => {
  const spent = (header: string) => {
    const begun = performance.now();
    for (let run = 0; run < 100; run += 1) plain.read(header);
    return (performance.now() - begun) / 100;
  };
  for (const part of [`${plainName}=`, `${plainName}=;`, ';', '"', ' ', `${plainName}="; `])
    expect(spent(part.repeat(16_384 / part.length)), part).toBeLessThan(20);
});
