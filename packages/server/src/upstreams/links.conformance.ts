// How any adapter fetches pictures that come as links: in their order, each in the safe way, and no more than are worth having.

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { TaskError } from '../core/errors.ts';
import type { Operation } from '../core/tasks/task.ts';
import { PicturesNotFetchedError } from '../core/upstreams/upstream.ts';
import {
  endOf,
  failureOf,
  openEach,
  pollOf,
  requestFor,
  startOperation,
  taskErrorOf,
} from './faults.fixture.ts';
import type { Reply } from './loopback.fixture.ts';
import { maxPictures } from './results/linked-pictures.ts';
import { smallPng } from './png.fixture.ts';
import type { OpenHarness, UpstreamHarness } from './upstream-harness.fixture.ts';

export function testLinks({ withLinks, ...harness }: UpstreamHarness): void {
  if (withLinks === undefined) return;
  describe('links', () => {
    const harnessOf = openEach(harness);

    /** From now on the answer has these links. */
    async function answerWith(open: OpenHarness, links: string[]): Promise<void> {
      const step = (await startOperation(open)) === null ? 'start' : 'poll';
      open.answer(step, withLinks?.(links) ?? null);
    }

    test('keep their order; those of its own host are called without the key, all others by the guarded fetch', async () => {
      const open = harnessOf();
      const elsewhere = ['https://files.example/a.png?token=b', 'http://127.0.0.1:1/private.png'];
      const links = [elsewhere[0]!, open.ownLink!, inline, elsewhere[1]!];
      await answerWith(open, links);
      const asked: string[] = [];
      const fetchPublic = (link: string) => {
        asked.push(link);
        return Promise.resolve({ bytes: Buffer.from(link) });
      };
      const end = await endOf(open.create({ fetchPublic }), requestFor(open.model));
      if (end.kind !== 'made') throw new Error(end.failure.message);
      expect(end.result.pictures.map((bytes) => Buffer.from(bytes))).toEqual([
        Buffer.from(links[0]!),
        smallPng,
        smallPng,
        Buffer.from(links[3]!),
      ]);
      expect(end.result.warnings).toEqual([]);
      expect(asked).toEqual(elsewhere);
      expect(JSON.stringify(open.seen('download'))).not.toContain(open.key);
    });

    test('by the thousand are not all fetched, and a warning says so', async () => {
      const open = harnessOf();
      await answerWith(
        open,
        Array.from({ length: 10_000 }, () => open.ownLink!),
      );
      const end = await endOf(open.create(), requestFor(open.model));
      if (end.kind !== 'made') throw new Error(end.failure.message);
      expect(end.result.pictures).toHaveLength(maxPictures);
      expect(end.result.warnings).toEqual(['Of 10000 pictures, 9984 could not be taken.']);
      expect(open.seen('download')).toHaveLength(maxPictures);
    });

    test('to a picture over the limit are given up, since it would be over it again', async () => {
      const open = harnessOf();
      const maxAnswerBytes = 100_000;
      open.answer('download', { body: Buffer.alloc(maxAnswerBytes + 1) });
      await answerWith(open, [open.ownLink!]);
      const end = await endOf(open.create({ maxAnswerBytes }), requestFor(open.model));
      expect(end).toMatchObject({
        kind: 'failed',
        failure: { upstreamReason: 'picture not fetched', retryable: false },
      });
      expect(open.seen('download')).toHaveLength(1);
    });

    test('that fail are trouble in asking, and the next question brings the picture, which is paid for once', async () => {
      const open = harnessOf();
      await answerWith(open, [open.ownLink!]);
      const starts = open.seen('start').length;
      const operation = await startOperation(open);
      if (operation === null) throw new Error('An operation was expected.');
      for (const reply of volatile) {
        open.answer('download', reply);
        const failure = await failureOf(pollOf(open.create(), operation));
        expect(failure).toMatchObject({ type: 'upstream_unavailable', retryable: true, answered: true });
        expect(failure).not.toHaveProperty('maybeBilled');
      }
      open.answer('download', null);
      expect(await pollOf(open.create(), operation)).toMatchObject({ pictures: [smallPng] });
      expect(open.seen('start')).toHaveLength(starts + 1);
    });

    test('that were seen are asked for themselves, though the operation be forgotten meanwhile', async () => {
      const open = harnessOf();
      await answerWith(open, [open.ownLink!]);
      const operation = await startOperation(open);
      if (operation === null) throw new Error('An operation was expected.');
      open.answer('download', { status: 503, body: 'busy' });
      const error = await taskErrorOf(pollOf(open.create(), operation));
      open.answer('download', null);
      open.answer('poll', { status: 404, body: {} });
      // An upstream without operations has nothing to forget.
      const instead = error instanceof PicturesNotFetchedError ? error.instead.operation : operation;
      const kept = JSON.parse(JSON.stringify(instead)) as Operation;
      expect(await pollOf(open.create(), kept)).toMatchObject({ pictures: [smallPng], warnings: [] });
    });

    test('that are relative lead to where a browser would go', async () => {
      const open = harnessOf();
      const { host, pathname } = new URL(open.ownLink!);
      await answerWith(open, [pathname, `//${host}${pathname}`]);
      const end = await endOf(open.create(), requestFor(open.model));
      if (end.kind !== 'made') throw new Error(end.failure.message);
      expect(end.result).toMatchObject({ pictures: [smallPng, smallPng], warnings: [] });
    });

    test('that redirect are followed, each hop in the safe way, and not without end', async () => {
      const open = harnessOf();
      await answerWith(open, [open.ownLink!]);
      const asked: string[] = [];
      const fetchPublic = (link: string) => {
        asked.push(link);
        return Promise.resolve({ bytes: Buffer.from(link) });
      };
      const elsewhere = 'https://bucket.example/a.png?signature=b';
      open.answer('download', { status: 302, headers: { location: elsewhere } });
      const end = await endOf(open.create({ fetchPublic }), requestFor(open.model));
      expect(end).toMatchObject({ kind: 'made', result: { pictures: [Buffer.from(elsewhere)] } });
      expect(asked).toEqual([elsewhere]);
      expect(JSON.stringify(open.seen('download'))).not.toContain(open.key);

      const before = open.seen('download').length;
      open.answer('download', { status: 302, headers: { location: open.ownLink! } });
      expect(await endOf(open.create(), requestFor(open.model))).toMatchObject({
        kind: 'failed',
        failure: { upstreamReason: 'picture not fetched', retryable: false, answered: true },
      });
      expect(open.seen('download').length - before).toBeLessThan(10);
    });

    test('to a picture that comes packed bring the picture', async () => {
      const open = harnessOf();
      await answerWith(open, [open.ownLink!]);
      open.answer('download', { headers: { 'content-encoding': 'gzip' }, body: gzipSync(smallPng) });
      const end = await endOf(open.create(), requestFor(open.model));
      expect(end).toMatchObject({ kind: 'made', result: { pictures: [smallPng] } });
    });

    test('of which one can not be fetched cost only that one', async () => {
      const open = harnessOf();
      await answerWith(open, ['https://files.example/gone.png', open.ownLink!]);
      const fetchPublic = () =>
        Promise.reject(new TaskError({ type: 'input_unreachable', message: 'No.', retryable: false }));
      const end = await endOf(open.create({ fetchPublic }), requestFor(open.model));
      if (end.kind !== 'made') throw new Error(end.failure.message);
      expect(end.result.pictures).toEqual([smallPng]);
      expect(end.result.warnings).toEqual(['Of 2 pictures, 1 could not be taken.']);
    });
  });
}

const volatile: Reply[] = [
  { status: 503, body: 'busy' },
  { status: 404, body: 'not yet' },
  { misbehave: 'cut', body: smallPng },
];
const inline = `data:image/png;base64,${smallPng.toString('base64')}`;
