// Retention of two processes at once.

import { describe, expect, test } from 'vitest';
import { isMissing } from '../../../../../../e2e/needed-tool.fixture.ts';
import { coarseMs, fineMs } from '../../../core/tasks/task-counts.ts';
import type { UnreadAnswerRecord } from '../../../core/upstreams/unread-answer.ts';
import { untilNone } from '../../../retention/batches.ts';
import { start } from '../../conformance/store.fixture.ts';
import { postgresUrl } from '../database/store.fixture.ts';
import { inBoth, insertFailed, insertSucceeded, openTwoStores } from '../database/two-stores.fixture.ts';

const batches = { batch: 50, stopping: new AbortController().signal };

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('retention of two processes', () => {
  test('each task is deleted once, and both end', async () => {
    const { stores, database, told } = await openTwoStores();
    const ids = await insertFailed(database, 1_000);
    const deleted = await inBoth(stores, 2, (store) =>
      untilNone(batches, (limit) => store.deleteFinished({ finishedBy: start, at: start, limit })),
    );
    expect(deleted.reduce((sum, count) => sum + count)).toBe(1_000);
    await expect.poll(() => told.map(({ taskId }) => taskId).toSorted()).toEqual(ids.toSorted());
    expect(await database.query('SELECT id FROM tasks')).toEqual([]);
  });

  test('what another deletes is not waited for', async () => {
    const {
      stores: [store],
      database,
    } = await openTwoStores();
    await insertFailed(database, 3);
    await database.transaction(async (query) => {
      await query('SELECT id FROM tasks LIMIT 2 FOR UPDATE');
      expect(await store.deleteFinished({ finishedBy: start, at: start, limit: 10 })).toBe(1);
      expect(await store.deleteFinished({ finishedBy: start, at: start, limit: 10 })).toBe(0);
    });
    expect(await store.deleteFinished({ finishedBy: start, at: start, limit: 10 })).toBe(2);
  });

  test('expired pictures are claimed once, and so are those of deleted tasks', async () => {
    const { stores, database } = await openTwoStores();
    const ids = await insertSucceeded(database, 60);
    const expired = await inBoth(stores, 8, (store) =>
      store.claimExpiredPictures({ now: start, claimMs: 1_000, limit: 10, retentionMs: 0 }),
    );
    const claimed = expired.flat().map(({ taskId }) => taskId);
    expect(claimed.toSorted()).toEqual(ids.toSorted());
    const deleted = await inBoth(stores, 120, (store, index) =>
      store.deleteIfFinal(ids[Math.floor(index / 2)] ?? '', 'key_a', start),
    );
    const pictures = ids.map((id) => `picture_${id}`).toSorted();
    expect(deleted.flatMap((keys) => keys ?? []).toSorted()).toEqual(pictures);
    expect(deleted.filter((keys) => keys === null)).toHaveLength(60);
    const noted = await inBoth(stores, 8, (store) =>
      store.claimPicturesToDelete({ notedBy: start, now: start + 1, limit: 10 }),
    );
    expect(noted.flat().toSorted()).toEqual(pictures);
    await inBoth(stores, 2, (store) => store.forgetPictures(pictures));
    expect(await database.query('SELECT key FROM pictures_to_delete')).toEqual([]);
  });

  test('counts are joined once, those of all who counted', async () => {
    const { stores, database } = await openTwoStores();
    const bucketAt = start - (start % coarseMs);
    await database.query(
      `INSERT INTO task_counts (bucket_at, model, part, name, count)
       SELECT $1::bigint + ${fineMs} * bucket, 'm', part, 'ended.' || name, 1
       FROM generate_series(0, 35) bucket, generate_series(0, 9) part, generate_series(1, 20) name`,
      [bucketAt],
    );
    const all = () => stores[0].countsBetween(0, Number.MAX_SAFE_INTEGER);
    const before = await all();
    expect(before).toHaveLength(36);
    await inBoth(stores, 2, (store) => store.foldStatistics(start + 10 * 24 * 3_600_000));
    const after = await all();
    expect(after.map((each) => each.bucketAt)).toEqual([bucketAt, bucketAt + coarseMs]);
    for (const { counts } of after)
      expect(Object.values(counts.ended)).toEqual(Array<number>(20).fill(18 * 10));
  });

  test('no more unread answers are kept than there may be, nor one of a task that is gone', async () => {
    const { stores, database } = await openTwoStores();
    const ids = await insertFailed(database, 30);
    const answer: UnreadAnswerRecord = {
      status: 200,
      headers: {},
      length: 1,
      sha256: '',
      shape: 'half \ud800',
      text: 'nul \0',
    };
    const deleted = stores[0].deleteFinished({ finishedBy: start, at: start, limit: 10 });
    await inBoth(stores, 30, (store, index) =>
      store.storeUnreadAnswer({ taskId: ids[index] ?? '', attempt: 1, at: start, answer, most: 15 }),
    );
    expect(await deleted).toBe(10);
    const rows = await database.query('SELECT task_id FROM unread_answers');
    expect(rows.length).toBeLessThanOrEqual(15);
    expect(rows.length).toBeGreaterThanOrEqual(5);
    expect(await stores[1].findUnreadAnswer(String(rows[0]?.['task_id']), 1)).toEqual({ at: start, answer });
  });
});
