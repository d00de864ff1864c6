// How any adapter reads a picture that is inside the answer, in whatever form somebody wrote it, and an answer in whatever form it
// came. It is there, so it is paid for, and must not be lost.

import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { endOf, openEach, requestFor, startOperation, usualReply } from './faults.fixture.ts';
import type { Reply } from './loopback.fixture.ts';
import { smallPng } from './png.fixture.ts';
import type { OpenHarness, UpstreamHarness } from './upstream-harness.fixture.ts';

const base64 = smallPng.toString('base64');
/** Over the length from which an answer is opened in a thread; what is behind the end of a PNG is no part of it. */
const largePng = Buffer.concat([smallPng, Buffer.alloc(600_000, 'plantain')]);

/** How a picture is written, by what it is called. */
const writings: [string, string][] = [
  ['base64', base64],
  ['base64 with broken lines', base64.replaceAll(/.{76}/g, '$&\r\n')],
  ['base64 of the URL-safe alphabet', smallPng.toString('base64url')],
];

const codings: [string, (bytes: Buffer) => Buffer][] = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
  ['gzip, br', (bytes) => brotliCompressSync(gzipSync(bytes))],
];

export function testForms({ withLinks, withBase64, ...harness }: UpstreamHarness): void {
  describe('a picture inside the answer', () => {
    const harnessOf = openEach(harness);

    /** The pictures of an answer like this to the last step before a download. */
    async function picturesOf(open: OpenHarness, reply: Reply): Promise<Buffer[]> {
      open.answer((await startOperation(open)) === null ? 'start' : 'poll', reply);
      const end = await endOf(open.create(), requestFor(open.model));
      if (end.kind !== 'made') throw new Error(end.failure.message);
      expect(end.result.warnings).toEqual([]);
      return end.result.pictures.map((bytes) => Buffer.from(bytes));
    }

    test.each(writings)('(%s) is read, behind `data:` or alone', async (_how, text) => {
      const open = harnessOf();
      const uri = `data:image/png;base64,${text}`;
      const replies = [withLinks?.([uri]), withBase64?.(text), withBase64?.(uri)];
      for (const reply of replies.filter((each) => each !== undefined))
        expect(await picturesOf(open, reply)).toEqual([smallPng]);
    });

    test('that is so long that a thread opens the answer is read', async () => {
      const open = harnessOf();
      const text = largePng.toString('base64').replaceAll(/.{76}/g, '$&\n');
      const reply = withBase64?.(text) ?? withLinks?.([`data:image/png;base64,${text}`]) ?? {};
      expect(await picturesOf(open, reply)).toEqual([largePng]);
    });

    test.each(codings)('that is packed with %s is read', async (coding, pack) => {
      const open = harnessOf();
      const reply = withLinks?.([`data:image/png;base64,${base64}`]);
      const body = pack(Buffer.from(JSON.stringify(reply?.body)));
      const packed = { headers: { 'content-encoding': coding, 'content-type': 'application/json' }, body };
      expect(await picturesOf(open, packed)).toEqual([smallPng]);
    });

    test('in a form that nobody documents is taken, and made once', async () => {
      const open = harnessOf();
      const { length } = open.seen('start');
      const replies = Object.entries(harness.otherForms(open.ownLink ?? ''));
      for (const [form, reply] of replies)
        expect([form, ...(await picturesOf(open, reply))]).toEqual([form, smallPng]);
      expect(open.seen('start').length - length).toBeLessThanOrEqual(2 * replies.length);
    });

    test('in UTF-16, as several servers of Windows write it, is read', async () => {
      const open = harnessOf();
      const usual = await usualReply(open, (await startOperation(open)) === null ? 'start' : 'poll');
      const body = Buffer.from(`\ufeff${String(usual?.body)}`, 'utf16le');
      expect(await picturesOf(open, { ...usual, body })).toEqual([smallPng]);
    });

    test('that is damaged is kept for the operator, and no other call is made for it', async ({ skip }) => {
      const open = harnessOf();
      const reply = withBase64?.(`${base64.slice(0, 40)}*${base64.slice(41)}`);
      if (reply === undefined) {
        skip('pictures come as links');
        return;
      }
      open.answer('start', reply);
      expect(await endOf(open.create(), requestFor(open.model))).toMatchObject({
        kind: 'failed',
        failure: { type: 'upstream_unavailable', answered: true, maybeBilled: true },
        answer: { status: 200, bytes: Buffer.from(JSON.stringify(reply.body)) },
      });
      expect(open.seen('start')).toHaveLength(1);
    });
  });
}
