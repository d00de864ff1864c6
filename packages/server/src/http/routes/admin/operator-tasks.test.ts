import type {
  AuditData,
  Envelope,
  KeyData,
  MeData,
  NewKeyData,
  OperatorTaskData,
  OperatorTasksData,
} from '@plantain/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { newTaskId } from '../../../lib/ids.ts';
import { refusalOf, startServer, statusPath, type TestServer } from '../../server.fixture.ts';

const path = '/api/admin/tasks';
const json = { 'content-type': 'application/json' };

interface Sight {
  server: TestServer;
  /** A user's key and its id. */
  user: string;
  userId: string;
}

async function startSeeing(sees?: string): Promise<Sight> {
  const server = await startServer(sees === undefined ? {} : { OPERATOR_SEES: sees });
  const made = await server.call<Envelope<NewKeyData>>('/api/admin/keys', {
    method: 'POST',
    headers: json,
    body: '{"name":"the shop"}',
  });
  return { server, user: made.body.data.secret, userId: made.body.data.key_id };
}

async function submit({ server, user }: Sight, body: object): Promise<string> {
  const answer = await server.call<Envelope<{ task_id: string }>>(statusPath, {
    method: 'POST',
    key: user,
    headers: json,
    body: JSON.stringify(body),
  });
  expect(answer.status, answer.text).toBe(200);
  return answer.body.data.task_id;
}

async function ended(sight: Sight, body: object): Promise<string> {
  const id = await submit(sight, body);
  const done = ({ state }: { state: string }) => state === 'succeeded' || state === 'error';
  await expect.poll(async () => done(await sight.server.task(id, sight.user))).toBe(true);
  return id;
}

const listed = async ({ server }: Sight, query = '') =>
  (await server.call<Envelope<OperatorTasksData>>(path + query)).body.data;
const shown = async ({ server }: Sight, id: string) =>
  (await server.call<Envelope<OperatorTaskData>>(`${path}/${id}`)).body.data;
const logged = async ({ server }: Sight) =>
  (await server.call<Envelope<AuditData>>('/api/admin/audit')).body.data.entries;

const secretWords = { prompt: 'a very yellow zebra', metadata: { order: 'hidden-1042' } };

describe('where operator_sees is nothing', () => {
  let sight: Sight;
  beforeAll(async () => {
    sight = await startSeeing();
  });

  test('every call is refused and names the setting, and what was refused is not in the log', async () => {
    const id = await ended(sight, secretWords);
    const before = await logged(sight);
    for (const [method, at] of [
      ['GET', path],
      ['GET', `${path}/${id}`],
      ['GET', `${path}/${newTaskId()}`],
      ['POST', `${path}/${id}/cancel`],
      ['DELETE', `${path}/${id}`],
    ] as const)
      expect(refusalOf(await sight.server.call(at, { method }), 403).msg).toContain('operator_sees');
    expect(await logged(sight)).toEqual(before);
    expect((await sight.server.task(id, sight.user)).state).toBe('succeeded');
  });

  test('every key is told so', async () => {
    for (const key of [sight.user, undefined]) {
      const { body } = await sight.server.call<Envelope<MeData>>('/api/me', key === undefined ? {} : { key });
      expect(body.data.operator_sees).toBe('nothing');
    }
  });
});

describe('where operator_sees is records', () => {
  let sight: Sight;
  beforeAll(async () => {
    sight = await startSeeing('records');
  });

  test('a task is shown by whose it is, how it went and what it cost, and by nothing that it is about', async () => {
    const id = await ended(sight, secretWords);
    const task = await shown(sight, id.toUpperCase());
    expect(task).toMatchObject({
      task_id: id,
      key_id: sight.userId,
      owner_id: sight.userId,
      state: 'succeeded',
      action: 'generate',
      pictures: 1,
      attempts: [{ number: 1, upstream: 'sandbox', outcome: 'succeeded' }],
      cost_micro_usd: expect.any(Number),
      end_time: expect.stringMatching(/^\d{10}$/),
    });
    const failed = await shown(sight, await ended(sight, { prompt: '[[fail content_rejected]] zebra' }));
    expect(failed.error).toEqual({ type: 'content_rejected', retryable: false });
    expect(failed.attempts[0]?.error).toEqual({ type: 'content_rejected' });
    const { server } = sight;
    const texts = [
      await server.call(`${path}/${id}`),
      await server.call(path),
      await server.call('/api/admin/audit'),
    ];
    for (const { text } of texts)
      for (const word of ['zebra', 'hidden-1042', '/files/', 'output.png', '"prompt"', '"metadata"'])
        expect(text).not.toContain(word);
  });

  test('tasks are listed by owner, key, state and model, page by page, and each look is in the log', async () => {
    const other = await startOther(sight);
    const ids = [
      await ended(sight, { prompt: '[[fail no_image]]' }),
      await ended(other, { prompt: 'x' }),
      await ended(other, { prompt: 'y', model: 'nano-banana-pro' }),
    ];
    const idsOf = async (query: string) => (await listed(sight, query)).tasks.map(({ task_id: id }) => id);
    expect((await idsOf('?limit=3')).toSorted()).toEqual(ids.toSorted());
    expect(await idsOf(`?key=${other.userId}`)).toEqual([ids[2], ids[1]]);
    expect(await idsOf(`?owner=${other.userId}&state=succeeded&model=nano-banana-pro-2`)).toEqual([]);
    const model = (await shown(sight, ids[2] ?? '')).model;
    expect(await idsOf(`?owner=${other.userId}&model=${model}`)).toEqual([ids[2]]);
    expect(await idsOf(`?key=${other.userId}&state=error`)).toEqual([]);
    expect(await idsOf('?key=%00')).toEqual([]);
    const pages: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: OperatorTasksData = await listed(sight, `?limit=1${cursor && `&cursor=${cursor}`}`);
      pages.push(...page.tasks.map(({ task_id: id }) => id));
      cursor = page.next_cursor;
    }
    expect(pages).toEqual((await listed(sight)).tasks.map(({ task_id: id }) => id));
    await idsOf(`?key=${other.userId}&state=succeeded&limit=7`);
    expect((await logged(sight))[0]).toMatchObject({
      act: 'tasks.list',
      subject: null,
      after: { key: other.userId, state: 'succeeded', limit: 7 },
    });
    await shown(sight, ids[0] ?? '');
    expect((await logged(sight))[0]).toMatchObject({ act: 'task.read', subject: ids[0], after: null });
  });

  test('a task is cancelled, and deleted once it has ended, and its owner sees that', async () => {
    const { server, user } = sight;
    const id = await submit(sight, { prompt: '[[hang]]' });
    expect((await server.call(`${path}/${id}`, { method: 'DELETE' })).status).toBe(409);
    const answer = await server.call<Envelope<object>>(`${path}/${id}/cancel`, { method: 'POST' });
    expect(answer.body.data).toEqual({
      task_id: id,
      outcome: expect.stringMatching(/^(cancelled|requested)$/),
    });
    await expect.poll(async () => (await server.task(id, user)).error?.type).toBe('cancelled');
    expect((await server.call(`${path}/${id}/cancel`, { method: 'POST' })).status).toBe(409);
    expect((await server.call<Envelope<object>>(`${path}/${id}`, { method: 'DELETE' })).body.data).toEqual({
      task_id: id,
      deleted: true,
    });
    refusalOf(await server.call(`${statusPath}/${id}`, { key: user }), 404);
    const acts = (await logged(sight)).filter(({ subject }) => subject === id).map(({ act }) => act);
    expect(acts).toEqual(['task.delete', 'task.cancel']);
  });

  test('what is not there is not found, what is off is named, and users are refused', async () => {
    const { server, user } = sight;
    const id = newTaskId();
    const before = await logged(sight);
    refusalOf(await server.call(`${path}/${id}`), 404);
    refusalOf(await server.call(`${path}/${id}/cancel`, { method: 'POST' }), 404);
    refusalOf(await server.call(`${path}/${id}`, { method: 'DELETE' }), 404);
    const { error } = refusalOf(await server.call(`${path}?state=x&limit=101&cursor=1&prompt=x`), 400);
    expect(error.details?.map(({ path: at }) => at)).toEqual(['state', 'limit', 'cursor', 'prompt']);
    expect(await logged(sight)).toEqual(before);
    refusalOf(await server.call(path, { key: user }), 403);
    expect((await server.call<Envelope<MeData>>('/api/me', { key: user })).body.data.operator_sees).toBe(
      'records',
    );
  });
});

test('where operator_sees is everything, a task is shown whole, with links to its pictures', async () => {
  const sight = await startSeeing('everything');
  const id = await ended(sight, secretWords);
  const task = await shown(sight, id);
  expect(task.request).toMatchObject(secretWords);
  const [image] = task.data?.images ?? [];
  const picture = await fetch(image?.url ?? '');
  expect(picture.headers.get('content-type')).toMatch(/^image\//);
  const failed = await shown(sight, await ended(sight, { prompt: '[[fail content_rejected]]' }));
  expect(failed.error?.message).toMatch(/\w/);
  expect((await listed(sight)).tasks).toContainEqual(task);
});

async function startOther({ server }: Sight): Promise<Sight> {
  const user = await server.newKey(`plantain_other_${Math.random()}`);
  const { body } = await server.call<Envelope<KeyData>>('/api/me', { key: user });
  return { server, user, userId: body.data.key_id };
}
