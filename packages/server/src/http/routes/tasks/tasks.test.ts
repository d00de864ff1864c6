import { createServer } from 'node:http';
import type { TaskData, TaskRequestData } from '@plantain/client';
import { expect, test } from 'vitest';
import {
  adminKey,
  editPath,
  refusalOf,
  startServer,
  statusPath,
  type TestServer,
} from '../../server.fixture.ts';

const server: TestServer = await startServer();
const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const unknownId = '019aa000-0000-7000-8000-00000000002a';

interface Page {
  data: { tasks: TaskData[]; unknown?: string[]; next_cursor?: string | null };
}
const list = async (query: string, key = adminKey) =>
  (await server.call<Page>(`${statusPath}?${query}`, { key })).body.data;
const idsOf = ({ tasks }: Page['data']) => tasks.map(({ task_id: id }) => id);
const act = (path: string, method = 'POST', headers = {}) =>
  server.call<{ data: TaskData; msg: string }>(`${statusPath}/${path}`, { method, headers });
const hanging = (more = {}) => server.submit({ prompt: '[[hang]]', ...more });
const running = async (more = {}) => {
  const id = await hanging(more);
  await server.until(id, ({ attempts }) => attempts.length === 1);
  return id;
};

test('several tasks come in one answer, in the order asked for, and unknown ids are named', async () => {
  const other = await server.newKey('another-key-of-the-same-server-for-ids');
  const [first, second] = [await server.submit({ prompt: 'a' }), await server.submit({ prompt: 'b' })];
  await Promise.all([server.final(first), server.final(second)]);
  const page = await list(`ids=${second.toUpperCase()},${first},${unknownId},nonsense,${first}`);
  expect(page.tasks).toEqual([await server.task(second), await server.task(first)]);
  expect(page.unknown).toEqual([unknownId, 'nonsense']);
  expect(await list(`ids=${first}`, other)).toEqual({ tasks: [], unknown: [first] });
  for (const ids of ['', ',', Array.from({ length: 201 }, (_, number) => `x${number}`).join(',')])
    refusalOf(await server.call(`${statusPath}?ids=${ids}`), 400);
});

test('a list has the caller’s own tasks, newest first, page by page, by any filter', async () => {
  const key = await server.newKey('a-key-of-its-own-for-the-list-of-tasks');
  const submit = async (body: object, path?: string) => {
    const answer = await server.call<{ data: { task_id: string } }>(path ?? statusPath, {
      method: 'POST',
      key,
      body: JSON.stringify(body),
    });
    return answer.body.data.task_id;
  };
  const ids = [
    await submit({ prompt: 'a', metadata: { order: '17', shop: 'north' } }),
    await submit({ prompt: '[[fail content_rejected]]', metadata: { order: '18' } }),
    await submit({ prompt: 'c', image_urls: [pixel], model: 'nano-banana-pro' }, editPath),
  ].toReversed();
  let page = await list('limit=2', key);
  expect(idsOf(page)).toEqual(ids.slice(0, 2));
  page = await list(`limit=2&cursor=${page.next_cursor}`, key);
  expect([idsOf(page), page.next_cursor]).toEqual([ids.slice(2), null]);
  const failed = ids[1] ?? '';
  while ((await list('state=error', key)).tasks.length === 0)
    await new Promise((resolve) => setImmediate(resolve));
  expect(idsOf(await list('state=error', key))).toEqual([failed]);
  expect(idsOf(await list('action=edit', key))).toEqual([ids[0]]);
  expect(idsOf(await list('model=gemini-3-pro-image-preview', key))).toEqual([ids[0]]);
  expect(idsOf(await list('metadata[order]=17&metadata[shop]=north', key))).toEqual([ids[2]]);
  expect(idsOf(await list('metadata[order]=17&metadata[shop]=south', key))).toEqual([]);
  expect(idsOf(await list('metadata[__proto__]=x', key))).toEqual([]);
  const now = Math.floor(Date.now() / 1000);
  expect(idsOf(await list(`created_after=${now - 60}&created_before=${now + 60}`, key))).toEqual(ids);
  expect(idsOf(await list(`created_after=${now + 60}`, key))).toEqual([]);
});

test('every fault of a list’s query is named at once', async () => {
  const query =
    'state=done&action=x&model=none&limit=0&cursor=1&created_after=noon&created_before=&colour=red&metadata[]=1';
  const { error } = refusalOf(await server.call(`${statusPath}?${query}`), 400);
  expect(error.details?.map(({ path }) => path).toSorted()).toEqual(
    [
      'state',
      'action',
      'model',
      'limit',
      'cursor',
      'created_after',
      'created_before',
      'colour',
      'metadata[]',
    ].toSorted(),
  );
});

test('metadata is kept with the task and shown with it; what can’t be kept is refused by its path', async () => {
  const metadata = { order: '17', 'a.b-c_D': 'größer “x”', empty: '' };
  const id = await server.submit({ prompt: 'a', metadata });
  expect((await server.final(id)).metadata).toEqual(metadata);
  const form = new FormData();
  form.set('prompt', 'a');
  form.set('metadata', JSON.stringify(metadata));
  const answer = await server.call<{ data: { task_id: string } }>(statusPath, { method: 'POST', body: form });
  expect((await server.task(answer.body.data.task_id)).metadata).toEqual(metadata);
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, number) => [`n${number}`, '']));
  for (const [bad, path] of [
    [{ order: 17 }, 'metadata.order'],
    [{ 'a b': 'x' }, 'metadata.a b'],
    [{ a: 'x'.repeat(513) }, 'metadata.a'],
    [many, 'metadata'],
    ['text', 'metadata'],
    [['x'], 'metadata'],
  ] as const) {
    const { error } = refusalOf(await server.post({ prompt: 'a', metadata: bad }), 400);
    expect(error.details?.map((fault) => fault.path)).toEqual([path]);
  }
});

test('a pending task is cancelled at once, by POST or by DELETE', async () => {
  const full = await startServer({ CONCURRENCY: '1' });
  const busy = await full.submit({ prompt: '[[hang]]' });
  await full.until(busy, ({ state }) => state === 'running');
  for (const [path, method] of [
    ['/cancel', 'POST'],
    ['', 'DELETE'],
  ]) {
    const id = await full.submit({ prompt: 'x' });
    const answer = await full.call<{ data: TaskData }>(`${statusPath}/${id}${path}`, {
      method: method ?? '',
    });
    expect(answer.status).toBe(200);
    expect(answer.body.data).toMatchObject({
      task_id: id,
      state: 'error',
      status: '2',
      error: { type: 'cancelled' },
    });
    expect(answer.body.data.msg).toBe(
      'The task was cancelled by whoever submitted it. No upstream was at work on it.',
    );
  }
});

test('a running task is asked to stop, and then says that it may have been billed; a final one conflicts', async () => {
  const id = await running();
  const { status, body } = await act(`${id.toUpperCase()}/cancel`);
  expect([status, body.data.task_id]).toEqual([200, id]);
  const task = await server.final(id);
  expect(task).toMatchObject({
    state: 'error',
    error: { type: 'cancelled', retryable: false },
    attempts: [{ maybe_billed: true }],
  });
  expect(task).not.toHaveProperty('cancel_requested');
  expect(refusalOf(await act(`${id}/cancel`), 409).error.type).toBe('conflict');
  expect(refusalOf(await act(id, 'DELETE'), 409).error.type).toBe('conflict');
});

test('while a running task has yet to stop, it says that it is to', async () => {
  const deaf = await startServer({}, { upstream: { name: 'deaf', start: () => new Promise(() => {}) } });
  const id = await deaf.submit({ prompt: 'x' });
  await deaf.until(id, ({ attempts }) => attempts.length === 1);
  const answer = await deaf.call<{ data: TaskData }>(`${statusPath}/${id}/cancel`, { method: 'POST' });
  const { data } = answer.body;
  // Its worker may have been quicker than the answer.
  const hasEnded = { state: 'error', error: { type: 'cancelled' } };
  expect(data).toMatchObject(data.state === 'running' ? { cancel_requested: true } : hasEnded);
  expect((await deaf.final(id)).error?.type).toBe('cancelled');
});

test('nobody cancels or retries what is not theirs, or never was', async () => {
  const other = await server.newKey('another-key-of-the-same-server-for-acts');
  const id = await running();
  for (const [path, method] of [
    [`${id}/cancel`, 'POST'],
    [`${id}/retry`, 'POST'],
    [`${id}/delete`, 'POST'],
    [`${id}/request`, 'GET'],
    [id, 'DELETE'],
  ] as const) {
    refusalOf(await server.call(`${statusPath}/${path}`, { method, key: other }), 404);
    refusalOf(await server.call(`${statusPath}/${path}`, { method, key: null }), 401);
    refusalOf(await server.call(`${statusPath}/${path.replace(id, unknownId)}`, { method }), 404);
  }
  expect((await server.task(id)).state).toBe('running');
  await act(`${id}/cancel`);
});

test('a task that has ended is deleted for good, with its pictures; one that has not conflicts', async () => {
  const id = await server.submit({ prompt: 'a' });
  const { data } = await server.final(id);
  const link = data.images[0]?.url.slice(server.url.length) ?? '';
  await server.task(id);
  expect((await server.call(`${link}&w=64`, { key: null })).status).toBe(200);
  const { status, body } = await act(`${id.toUpperCase()}/delete`);
  expect([status, body.data]).toEqual([200, { task_id: id, deleted: true }]);
  for (const path of [`${statusPath}/${id}`, `${statusPath}/${id}/images/1`])
    refusalOf(await server.call(path), 404);
  for (const path of [link, `${link}&w=64`]) refusalOf(await server.call(path, { key: null }), 404);
  refusalOf(await act(`${id}/delete`), 404);
  expect(await list(`ids=${id}`)).toEqual({ tasks: [], unknown: [id] });
  const open = await running();
  expect(refusalOf(await act(`${open}/delete`), 409).msg).toMatch(/Cancel it first/);
  await act(`${open}/cancel`);
  expect((await server.final(open)).state).toBe('error');
  expect((await act(`${open}/delete`)).status).toBe(200);
});

test('what a task was asked for can be had again, and sent again', async () => {
  const asked = {
    prompt: 'größer “x”\n$HOME',
    image_urls: [pixel],
    aspect_ratio: '16:9',
    image_size: '2K',
    seed: 7,
    metadata: { order: '17' },
    callback_url: 'https://example.com/hook',
    callback_events: ['task.succeeded'],
    deadline_seconds: 77,
    expires_in_seconds: 3_600,
  };
  const id = await server.submit(asked, editPath);
  const requestOf = async (task: string) =>
    (await server.call<{ data: TaskRequestData }>(`${statusPath}/${task}/request`)).body.data;
  const { image_urls: links, ...told } = await requestOf(id);
  const { image_urls: _sent, ...rest } = asked;
  expect(told).toEqual({ task_id: id, action: 'edit', model: 'nano-banana-2.1', ...rest });
  expect(links).toEqual([expect.stringMatching(`^${server.url}/files/${id}/input-1\\.png\\?e=\\d+&token=`)]);
  const picture = await server.call(links[0]?.slice(server.url.length) ?? '', { key: null });
  expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png']);
  const again = await server.submit({ ...told, image_urls: links }, editPath);
  expect((await server.final(again)).state).toBe('succeeded');
  expect(await requestOf(again)).toMatchObject(rest);
});

test('links that were sent come back as they were', async () => {
  const links = ['https://pictures.example.com/cat.jpg?size=2'];
  const id = await server.submit({ prompt: '[[delay 1s]]', image_urls: links });
  const { body } = await server.call<{ data: TaskRequestData }>(`${statusPath}/${id}/request`);
  expect(body.data.image_urls).toEqual(links);
  await act(`${id}/cancel`);
});

test('lists show the start of the prompt where they are asked to, and find tasks by it', async () => {
  const key = await server.newKey('a-key-of-its-own-for-the-prompts-of-lists');
  const submit = async (body: object) =>
    (
      await server.call<{ data: { task_id: string } }>(statusPath, {
        method: 'POST',
        key,
        body: JSON.stringify(body),
      })
    ).body.data.task_id;
  const long = `a${'🍌'.repeat(300)}`;
  const first = await submit({ prompt: long });
  const second = await submit({ prompt: 'b', metadata: { user: 'Zoë' } });
  const shown = ['b', `a${'🍌'.repeat(199)}`];
  for (const query of ['include=prompt', `ids=${second},${first}&include=prompt`])
    expect((await list(query, key)).tasks.map(({ prompt }) => prompt)).toEqual(shown);
  expect((await list('', key)).tasks[0]).not.toHaveProperty('prompt');
  expect(idsOf(await list('search=🍌', key))).toEqual([first]);
  expect(idsOf(await list(`search=${encodeURIComponent('USER=zoë')}`, key))).toEqual([second]);
  expect(idsOf(await list(`search=${second.slice(0, 13)}&state=error`, key))).toEqual([]);
  const failing = await submit({ prompt: '[[fail content_rejected]]' });
  await server.call(`${statusPath}/${failing}?wait=30&until=final`, { key });
  expect(idsOf(await list('error_type=content_rejected', key))).toEqual([failing]);
  expect(idsOf(await list('error_type=content_rejected&state=succeeded', key))).toEqual([]);
  expect(
    refusalOf(await server.call(`${statusPath}?error_type=bad`, { key }), 400).error.details?.[0]?.path,
  ).toBe('error_type');
  for (const query of ['include=all', `ids=${first}&include=all`])
    expect(refusalOf(await server.call(`${statusPath}?${query}`, { key }), 400).error.details).toEqual([
      { path: 'include', message: 'must be prompt' },
    ]);
});

test('a failed task is tried again as a new one, with all that was asked for', async () => {
  const asked = {
    prompt: '[[fail content_rejected]]',
    image_urls: [pixel],
    aspect_ratio: '16:9',
    metadata: { order: '17' },
    deadline_seconds: 77,
  };
  const id = await server.submit(asked, editPath);
  refusalOf(await act(`${await running()}/retry`), 409);
  await server.final(id);
  const { status, body } = await act(`${id}/retry`);
  expect([status, body.data.retry_of]).toEqual([200, id]);
  const again = await server.final(body.data.task_id);
  expect(again).toMatchObject({
    retry_of: id,
    action: 'edit',
    metadata: { order: '17' },
    error: { type: 'content_rejected' },
  });
  expect(again.task_id).not.toBe(id);
});

test('the same Idempotency-Key and request give the same answer, and one task, however many ask at once', async () => {
  const headers = { 'Idempotency-Key': '"8e03978e-40d5-43dd-bc93-6894a57f9324"' };
  const body = JSON.stringify({ prompt: 'once', unknown_member: 1 });
  const send = (more = {}) =>
    server.call<{ data: object }>(statusPath, { method: 'POST', headers, body, ...more });
  const answers = await Promise.all(Array.from({ length: 50 }, () => send()));
  expect(new Set(answers.map((answer) => JSON.stringify(answer.body.data))).size).toBe(1);
  expect(answers.filter((answer) => answer.headers.get('idempotent-replayed') === null)).toHaveLength(1);
  const later = await send({ headers: { 'idempotency-key': '8e03978e-40d5-43dd-bc93-6894a57f9324' } });
  expect(later.body.data).toEqual(answers[0]?.body.data);

  const conflicting = [
    send({ body: JSON.stringify({ prompt: 'another' }) }),
    server.call(editPath, {
      method: 'POST',
      headers,
      body: JSON.stringify({ prompt: 'once', image_urls: [pixel] }),
    }),
  ];
  for (const answer of await Promise.all(conflicting))
    expect(refusalOf(answer, 409).error.type).toBe('conflict');
  const other = await server.newKey('another-key-of-the-same-server-for-once');
  expect((await send({ key: other })).body.data).not.toEqual(answers[0]?.body.data);
});

test('pictures count as part of a request that is repeated, however its body is cut', async () => {
  const send = (content: string) => {
    const body = new FormData();
    body.set('prompt', 'x');
    body.set('image', new Blob([Buffer.from(content, 'base64')], { type: 'image/png' }), 'a.png');
    return server.call<{ data: { task_id: string } }>(editPath, {
      method: 'POST',
      headers: { 'Idempotency-Key': 'with-a-picture' },
      body,
    });
  };
  const png = pixel.split(',')[1] ?? '';
  const [first, second] = [await send(png), await send(png)];
  expect(second.body.data).toEqual(first.body.data);
  refusalOf(await send(png.replace('CAYAAAA', 'CAYAAAB')), 409);
});

test('a refused request is not remembered, and a key that can’t be one is refused', async () => {
  const send = (prompt: string, idempotencyKey: string) =>
    server.call(statusPath, {
      method: 'POST',
      headers: { 'Idempotency-Key': idempotencyKey },
      body: JSON.stringify({ prompt }),
    });
  refusalOf(await send('', 'first-refused'), 400);
  expect((await send('x', 'first-refused')).status).toBe(200);
  for (const bad of ['a b', 'x'.repeat(256), '""'])
    expect(refusalOf(await send('x', bad), 400).error.details?.[0]?.path).toBe('Idempotency-Key');
});

test('an answer is remembered through a restart, for as long as the operator says', async () => {
  const first = await startServer();
  const headers = { 'Idempotency-Key': 'over-a-restart' };
  const call = { method: 'POST', headers, body: JSON.stringify({ prompt: 'x' }) };
  const before = await first.call<{ data: object }>(statusPath, call);
  await first.stop();
  const second = await startServer({}, { directory: first.directory });
  expect((await second.call<{ data: object }>(statusPath, call)).body.data).toEqual(before.body.data);
  const retried = await second.call<{ data: object }>('/v1/images/generations', call);
  expect(retried.status).toBe(409);
});

test('a batch is accepted whole, in one call, and followed in one', async () => {
  const tasks = [
    { prompt: 'a' },
    { prompt: 'b', model: 'nano-banana-pro' },
    { prompt: 'c', image_urls: [pixel] },
    { prompt: '[[fail content_rejected]]', odd: 1 },
  ];
  const body = JSON.stringify({ tasks, aspect_ratio: '16:9', metadata: { run: '5' } });
  const { body: accepted } = await server.call<{
    data: { batch_id: string; task_ids: string[]; warnings: string[] };
  }>(`${statusPath}/batch`, { method: 'POST', body });
  const { batch_id: batchId, task_ids: ids, warnings } = accepted.data;
  expect(warnings).toEqual([expect.stringMatching(/^tasks\[3\]: "odd"/)]);
  const done = await Promise.all(ids.map((id) => server.final(id)));
  expect(done.map(({ action, batch_id: id, metadata }) => [action, id, metadata?.['run']])).toEqual(
    ['generate', 'generate', 'edit', 'generate'].map((action) => [action, batchId, '5']),
  );
  expect(done[1]?.model).toBe('nano-banana-pro');
  const status = await server.call<{ data: object }>(`${statusPath}/batch/${batchId}`);
  expect(status.body.data).toMatchObject({
    batch_id: batchId,
    total: 4,
    pending: 0,
    running: 0,
    succeeded: 3,
    error: 1,
    progress: 1,
    tasks: ids.map((id, index) => ({ task_id: id, state: index === 3 ? 'error' : 'succeeded' })),
  });
  const other = await server.newKey('another-key-of-the-same-server-for-batch');
  refusalOf(await server.call(`${statusPath}/batch/${batchId}`, { key: other }), 404);
  refusalOf(await server.call(`${statusPath}/batch/${batchId}/cancel`, { method: 'POST', key: other }), 404);
});

test('a batch with a fault makes no task, and names every fault by its task', async () => {
  const before = (await list('limit=1')).tasks[0]?.task_id;
  const tasks = [
    { prompt: 'a' },
    { prompt: '' },
    'text',
    { prompt: 'x', action: 'paint', image_urls: ['ftp://a'] },
    { prompt: 'x', action: 'edit' },
  ];
  const answer = await server.call(`${statusPath}/batch`, {
    method: 'POST',
    body: JSON.stringify({ tasks }),
  });
  expect(refusalOf(answer, 400).error.details?.map(({ path }) => path)).toEqual([
    'tasks[1].prompt',
    'tasks[2]',
    'tasks[3].action',
    'tasks[3].image_urls[0]',
    'tasks[4].image_urls',
  ]);
  for (const bad of [
    {},
    { tasks: [] },
    { tasks: 'x' },
    { tasks: Array.from({ length: 1_001 }, () => ({ prompt: 'x' })) },
  ])
    refusalOf(await server.call(`${statusPath}/batch`, { method: 'POST', body: JSON.stringify(bad) }), 400);
  const dead = createServer().listen(0);
  dead.close();
  const lost = { tasks: [{ prompt: 'x' }, { prompt: 'x', image_urls: ['data:image/png;base64,AAAA'] }] };
  const refused = await server.call(`${statusPath}/batch`, { method: 'POST', body: JSON.stringify(lost) });
  expect(refusalOf(refused, 422).error.details?.[0]?.path).toBe('tasks[1].image_urls[0]');
  expect((await list('limit=1')).tasks[0]?.task_id).toBe(before);
});

test('tasks of a batch may have a longer deadline than others, as they wait behind one another', async () => {
  const task = { prompt: 'x', deadline_seconds: 86_400 };
  const batchOf = (tasks: object[]) =>
    server.post<{ data: { task_ids: string[] } }>({ tasks }, `${statusPath}/batch`);
  const { body } = await batchOf([task]);
  const asked = await server.call<{ data: object }>(`${statusPath}/${body.data.task_ids[0]}/request`);
  expect(asked.body.data).toMatchObject({ deadline_seconds: 86_400 });
  refusalOf(await batchOf([{ ...task, deadline_seconds: 86_401 }]), 400);
  refusalOf(await server.post(task), 400);
});

test('how far a batch is has four decimals at most', async () => {
  const tasks = ['[[fail no_image]]', '[[hang]]', '[[hang]]'].map((prompt) => ({ prompt }));
  const { body } = await server.call<{ data: { batch_id: string; task_ids: string[] } }>(
    `${statusPath}/batch`,
    { method: 'POST', body: JSON.stringify({ tasks }) },
  );
  const { batch_id: batchId, task_ids: ids } = body.data;
  await server.final(ids[0] ?? '');
  const status = await server.call<{ data: object }>(`${statusPath}/batch/${batchId}`);
  expect(status.body.data).toMatchObject({ total: 3, error: 1, progress: 0.3333 });
  await server.call(`${statusPath}/batch/${batchId}/cancel`, { method: 'POST' });
});

test('a thousand tasks are one batch, and cancelled as one', async () => {
  const full = await startServer({ CONCURRENCY: '2' });
  const tasks = Array.from({ length: 1_000 }, (_, number) => ({ prompt: `[[hang]] ${number}` }));
  const headers = { 'Idempotency-Key': 'a-thousand' };
  const send = () =>
    full.call<{ data: { batch_id: string; task_ids: string[] } }>(`${statusPath}/batch`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ tasks }),
    });
  const { data } = (await send()).body;
  expect((await send()).body.data).toEqual(data);
  expect(new Set(data.task_ids).size).toBe(1_000);
  await full.until(data.task_ids[0] ?? '', ({ state }) => state === 'running');
  const cancelled = await full.call<{ data: Record<string, number> }>(
    `${statusPath}/batch/${data.batch_id}`,
    {
      method: 'DELETE',
    },
  );
  const { cancelled: atOnce = 0, cancel_requested: requested = 0 } = cancelled.body.data;
  expect(atOnce + requested).toBe(1_000);
  expect(requested).toBeLessThanOrEqual(2);
  await Promise.all(data.task_ids.slice(0, 4).map((id) => full.final(id)));
  const status = await full.call<{ data: object }>(`${statusPath}/batch/${data.batch_id}`);
  expect(status.body.data).toMatchObject({ total: 1_000, error: 1_000, progress: 1 });
});
