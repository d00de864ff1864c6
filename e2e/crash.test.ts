import { expect, test } from 'vitest';
import { api, submitted } from './calls.ts';
import { startServer, temporaryDirectory } from './server-process.ts';

test(
  'a server killed in the middle of 200 tasks finishes every one after its restart, and none twice',
  { timeout: 120_000 },
  async () => {
    const directory = temporaryDirectory();
    const settings = {
      PLANTAIN_ADMIN_KEY: 'k'.repeat(40),
      PLANTAIN_RETRY_BASE_MS: '10',
      PLANTAIN_CONCURRENCY: '16',
    };
    const first = await startServer(directory, settings);
    const before = api(first.url, 'k'.repeat(40));

    const ids = await Promise.all(
      Array.from({ length: 200 }, (_, number) =>
        submitted(before, { prompt: `[[delay 400ms]] number ${number}`, model: 'nano-banana' }),
      ),
    );
    // Killed while some are done, some wait, and at least one call is under way.
    await before.until(
      ids[100] ?? '',
      ({ state, attempts }) => state === 'succeeded' || (state === 'running' && attempts.length === 1),
    );
    expect(await first.end('SIGKILL')).toBeNull();

    const second = await startServer(directory, settings);
    expect(second.stdout()).toMatch(/rescued\s+\d+ task/);
    const after = api(second.url, 'k'.repeat(40));
    const tasks = await Promise.all(ids.map((id) => after.final(id)));

    expect(tasks.map(({ state }) => state)).toEqual(ids.map(() => 'succeeded'));
    const stories = tasks.map(({ attempts }) => attempts.map(({ outcome }) => outcome).join(' '));
    const interrupted = stories.filter((story) => story !== 'succeeded');
    expect(interrupted.length).toBeGreaterThan(0);
    expect(new Set(interrupted)).toEqual(new Set(['unknown succeeded']));
    for (const { attempts, data } of tasks) {
      expect(attempts.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(1);
      expect(data.images).toHaveLength(1);
      // The outcome of the call can't be known, and the record says so.
      for (const attempt of attempts.filter(({ outcome }) => outcome === 'unknown'))
        expect(attempt).toMatchObject({ maybe_billed: true, error: { type: 'internal' } });
    }
  },
);

test('a task for several pictures that is killed in the middle keeps what is there, and makes the rest', async () => {
  const directory = temporaryDirectory();
  const settings = {
    PLANTAIN_ADMIN_KEY: 'k'.repeat(40),
    PLANTAIN_RETRY_BASE_MS: '10',
    PLANTAIN_CONCURRENCY: '1',
  };
  const first = await startServer(directory, settings);
  const before = api(first.url, 'k'.repeat(40));
  const body = { prompt: 'three moods [[delay 300ms]]', model: 'nano-banana', count: 3 };
  const id = await submitted(before, body);
  // Killed while the call for the second is under way.
  const killed = await before.until(
    id,
    ({ attempts }) => attempts.length === 2 && attempts[0]?.outcome === 'succeeded',
  );
  expect(await first.end('SIGKILL')).toBeNull();

  const second = await startServer(directory, settings);
  const task = await api(second.url, 'k'.repeat(40)).final(id);
  expect(task).toMatchObject({ state: 'succeeded', count: 3 });
  expect(new Set(task.image_details?.map(({ sha256 }) => sha256)).size).toBe(3);
  expect(task.attempts[0]).toEqual(killed.attempts[0]);
  const story = task.attempts.map(({ pictures, outcome }) => `${pictures?.join()} ${outcome}`);
  expect(story).toEqual(['1 succeeded', '2 unknown', '2 succeeded', '3 succeeded']);
});
