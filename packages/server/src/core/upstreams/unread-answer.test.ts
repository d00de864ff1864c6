import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createClearing } from '../../lib/clearing.ts';
import { recordOf } from './unread-answer.ts';

const prompt = 'a plain "yellow" plantain & a <banana>, 香蕉\non a table';
const key = 'sk-1234567890';
const options = { secrets: [key, prompt], maxTextBytes: 10_000 };

const record = (body: unknown, more: Partial<typeof options> = {}) =>
  recordOf(
    { status: 200, headers: {}, bytes: Buffer.from(JSON.stringify(body)), json: body },
    { ...options, ...more },
  );

describe('of a whole answer that can’t be used is kept', () => {
  test('what came, the names and types of its members, and its text', async () => {
    const body = { id: 'r1', data: [{ picture: 'https://x.test/1' }, {}], done: true, left: null, count: 3 };
    const stored = await record(body);
    expect(stored).toMatchObject({
      status: 200,
      length: 88,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(stored.shape).toEqual({
      id: 'string(2)',
      data: [{ picture: 'string(16)' }, '2 in all'],
      done: 'boolean',
      left: 'null',
      count: 'number',
    });
    expect(JSON.parse(stored.text)).toEqual(body);
  });

  test('no picture, but how long it was', async () => {
    const stored = await record({ inline: 'A'.repeat(100_000), bytes: new Uint8Array(5) });
    expect(stored.shape).toEqual({ inline: 'string(100000)', bytes: 'base64(5 bytes)' });
    expect(stored.text).toBe('{"inline":"[removed]","bytes":"[5 bytes of base64]"}');
  });

  test('no key and nothing of the prompt, however it is written', async () => {
    const escaped = JSON.stringify(prompt).replaceAll(/[\u0080-\uffff]/g, (sign) => {
      return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
    });
    const html = '<p>a plain &quot;yellow&quot; plantain &amp; a &lt;banana&gt;, 香蕉\non a table</p>';
    for (const text of [prompt, escaped, html, encodeURIComponent(prompt), `${prompt.slice(0, 40)}…`, key]) {
      const page = await recordOf(
        { status: 502, headers: { 'x-echo': text }, bytes: Buffer.from(text) },
        options,
      );
      const members = await record({ error: { said: [text], [text]: 1 } });
      for (const stored of [page, members]) {
        expect(JSON.stringify(stored)).not.toMatch(/yellow|香|\\u9999|sk-123/);
        expect(stored.text).toContain('[removed]');
      }
    }
  });

  test('no header that carries a right', async () => {
    const headers = { 'set-cookie': ['a=b'], 'x-api-key': 'k', 'content-type': 'text/html' };
    const { headers: stored } = await recordOf({ status: 200, headers, bytes: Buffer.from('x') }, options);
    expect(stored).toEqual({
      'set-cookie': '[removed]',
      'x-api-key': '[removed]',
      'content-type': 'text/html',
    });
  });

  test('no text of what is none', async () => {
    const bytes = Buffer.from([0xff, 0xd8, 0xff, 0, 1]);
    expect(await recordOf({ status: null, headers: {}, bytes }, options)).toMatchObject({
      shape: 'bytes',
      text: '',
      length: 5,
    });
  });

  test('a bounded part, whatever came', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 20 }), fc.nat({ max: 500 }), async (body, maxTextBytes) => {
        const stored = await record(body, { maxTextBytes });
        expect(Buffer.byteLength(stored.text)).toBeLessThanOrEqual(maxTextBytes + 3);
        expect(JSON.stringify(stored.shape).length).toBeLessThan(30_000);
      }),
    );
    const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`m${index}`, index]));
    expect(JSON.stringify((await record(wide)).shape).length).toBeLessThan(10_000);
  });
});

test('a text is cleared of a secret wherever it stands, and is else as it was', () => {
  const letters = fc.stringMatching(/^[ab]{3,30}$/);
  fc.assert(
    fc.property(letters, fc.array(fc.constantFrom('x', ' y', '\n')), (secret, around) => {
      const clear = createClearing([secret]);
      expect(clear(around.join(''))).toBe(around.join(''));
      expect(clear(around.join(secret))).toBe(around.join('[removed]'));
    }),
  );
});
