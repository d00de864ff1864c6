import type { Envelope, TaskData } from '@plantain/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { isMissing } from '../../../../e2e/needed-tool.fixture.ts';
import { adminKey, statusPath, type TestServer } from '../http/server.fixture.ts';
import { openTransaction } from '../store/postgres/changes/open-transaction.fixture.ts';
import { command, postgresUrl } from '../store/postgres/database/store.fixture.ts';
import { openForSeveral } from './several-servers.fixture.ts';

const idHeader = 'x-plantain-task-id';
let url: string;
let one: TestServer;
let other: TestServer;

beforeAll(async () => {
  if (postgresUrl() === null) return;
  const several = await openForSeveral();
  url = several.url;
  [one, other] = [await several.start('all'), await several.start('all')];
});

async function send(at: TestServer, prompt: string, tries: number, signal?: AbortSignal): Promise<Response> {
  const answer = await fetch(`${at.url}/openai/v1/images/generations`, {
    method: 'POST',
    headers: {
      authorization: adminKey,
      'content-type': 'application/json',
      'x-stainless-retry-count': String(tries),
    },
    body: JSON.stringify({ prompt }),
    ...(signal === undefined ? {} : { signal }),
  });
  await answer.arrayBuffer();
  return answer;
}

async function idsOf(prompt: string): Promise<string[]> {
  const path = `${statusPath}?search=${encodeURIComponent(prompt)}`;
  const { body } = await one.call<Envelope<{ tasks: TaskData[] }>>(path);
  return body.data.tasks.map(({ task_id: id }) => id);
}

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))(
  'calls that are tried again elsewhere',
  () => {
    test('get a task each, of those that were lost at once, and none that another waits for or has', async () => {
      const prompt = '[[delay 300ms]] elsewhere';
      const stop = new AbortController();
      const lost = [0, 1].map(() => send(one, prompt, 0, stop.signal));
      await expect.poll(() => idsOf('elsewhere')).toHaveLength(2);
      const made = await idsOf('elsewhere');
      stop.abort();
      await Promise.allSettled(lost);
      const again = await Promise.all([other, one].map((at) => send(at, prompt, 1)));
      expect(new Set(again.map(({ headers }) => headers.get(idHeader)))).toEqual(new Set(made));
      const waits = send(one, prompt, 0);
      await expect.poll(() => idsOf('elsewhere')).toHaveLength(3);
      const apart = await send(other, prompt, 1);
      expect([...made, (await waits).headers.get(idHeader)]).not.toContain(apart.headers.get(idHeader));
    });

    test('share a task with the first try that is being submitted at that moment', async () => {
      const waiting = async () => {
        const locked = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        return (await command(url, locked)).length;
      };
      const lock = await openTransaction(url);
      await lock.query('LOCK TABLE kept_answers IN SHARE ROW EXCLUSIVE MODE');
      const first = send(one, 'submitted', 0);
      await expect.poll(waiting).toBe(1);
      const second = send(other, 'submitted', 1);
      await expect.poll(waiting).toBe(2);
      await lock.commit();
      const [a, b] = [await first, await second];
      expect([a.status, a.headers.get(idHeader)]).toEqual([200, b.headers.get(idHeader)]);
      expect(await idsOf('submitted')).toHaveLength(1);
    });
  },
);
