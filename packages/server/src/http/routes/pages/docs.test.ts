import { expect, test } from 'vitest';
import { rawCall, startServer } from '../../server.fixture.ts';

test('the reference is packed, kept by browsers until it changes, and bound to this server', async () => {
  const server = await startServer();
  const get = (target: string, headers: Record<string, string> = {}) =>
    rawCall(server.url, { target, headers });
  const page = await get('/docs');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
  expect(page.text).not.toMatch(/https?:|<script>/);
  expect(await get('/docs/')).toMatchObject({ status: 308 });
  expect((await get('/docs/')).headers.get('location')).toBe('../docs');
  for (const target of ['/docs/scalar.js', '/openapi.json']) {
    const packed = await rawCall(server.url, {
      target,
      method: 'HEAD',
      headers: { 'accept-encoding': 'gzip' },
    });
    expect(packed.headers.get('content-encoding')).toBe('gzip');
    const { headers } = await get(target);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const known = await get(target, { 'if-none-match': headers.get('etag') ?? '' });
    expect(known).toMatchObject({ status: 304, text: '' });
  }
});
