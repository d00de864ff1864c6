import { expect, test } from 'vitest';
import { RequestError } from '../errors.ts';
import { createStoredBytes } from './stored-bytes.ts';
import type { LimitedSubject } from './subjects.ts';

const subject = (kind: 'key' | 'owner', storedBytes?: number): LimitedSubject => ({
  kind,
  id: `${kind}_1`,
  limits: storedBytes === undefined ? {} : { storedBytes },
});

function setUp() {
  const sums: Record<string, number> = { key_1: 0, owner_1: 0 };
  const asked: string[] = [];
  const timers: (() => void)[] = [];
  const { check, add } = createStoredBytes(
    {
      async storedBytes({ id }) {
        asked.push(id);
        return sums[id] ?? 0;
      },
    },
    { now: () => 0 },
    (run) => void timers.push(run),
  );
  const refusalOf = (limited: LimitedSubject[]) =>
    check({ limited }).then(
      () => null,
      (error: unknown) => (error instanceof RequestError ? error : null),
    );
  return { sums, asked, timers, check, add, refusalOf };
}

test('whoever has reached the limit of stored bytes is refused, and told whose limit it was', async () => {
  const { sums, refusalOf } = setUp();
  Object.assign(sums, { key_1: 99, owner_1: 500 });
  expect(await refusalOf([subject('key', 100), subject('owner', 501)])).toBeNull();
  const refusal = await refusalOf([subject('key', 100), subject('owner', 500)]);
  expect(refusal?.type).toBe('rate_limited');
  expect(refusal?.message).toContain('The owner of this key may store 500 bytes');
  expect(refusal?.details).toMatchObject([
    { of: 'owner', id: 'owner_1', limit: 'stored_bytes', max: 500, used: 500 },
  ]);
  expect((await refusalOf([subject('key', 99)]))?.details).toMatchObject([{ of: 'key', id: 'key_1' }]);
});

test('a sum is read once for all who ask, and again when it has been believed for some seconds', async () => {
  const { sums, asked, timers, check, refusalOf } = setUp();
  await Promise.all([1, 2, 3].map(() => check({ limited: [subject('key', 10)] })));
  sums['key_1'] = 10;
  expect(await refusalOf([subject('key', 10)])).toBeNull();
  expect(asked).toEqual(['key_1']);
  for (const run of timers) run();
  expect(await refusalOf([subject('key', 10)])).not.toBeNull();
  expect(asked).toEqual(['key_1', 'key_1']);
});

test('what is uploaded counts at once', async () => {
  const { check, add, refusalOf } = setUp();
  const limited = [subject('key', 10)];
  add({ limited }, 4);
  await check({ limited });
  add({ limited }, 4);
  expect(await refusalOf(limited)).toBeNull();
  add({ limited }, 6);
  expect((await refusalOf(limited))?.details).toMatchObject([{ used: 10 }]);
});

test('nothing is read where bytes are not limited', async () => {
  const { asked, check } = setUp();
  await check({ limited: [subject('key'), subject('owner')] });
  expect(asked).toEqual([]);
});

test('a limit of nothing is not worth waiting for', async () => {
  const { refusalOf } = setUp();
  const refusal = await refusalOf([subject('key', 0)]);
  expect(refusal?.message).toBe('This key may store 0 bytes (stored_bytes), so nothing is stored for it.');
  expect(refusal?.retryAfterSeconds).toBeUndefined();
});
