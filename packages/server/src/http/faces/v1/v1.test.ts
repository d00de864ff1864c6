import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { newTaskId } from '../../../lib/ids.ts';
import { onOneStore } from '../../../store/test-store.fixture.ts';
import { adminKey, editPath, startServer, type TestServer } from '../../server.fixture.ts';

const submitPath = '/v1/images/generations';
let server: TestServer;
let dataUri: string;
beforeAll(async () => {
  server = await startServer();
  const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'navy' } })
    .png()
    .toBuffer();
  dataUri = `data:image/png;base64,${png.toString('base64')}`;
});

async function submit(body: unknown, query = ''): Promise<string> {
  const answer = await server.post<{ id: string }>(body, submitPath + query);
  expect(answer.status, answer.text).toBe(200);
  expect(answer.body.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.body).not.toHaveProperty('code');
  // Clients for gateways with the same path read this one.
  expect(answer.body).toMatchObject({ task_id: answer.body.id });
  return answer.body.id;
}
const query = async (id: string, key = adminKey) =>
  (await server.call<Record<string, unknown>>(`/v1/tasks/${id}`, { key })).body;

onOneStore.each(['', '?async=true', '?async=false', '/'])(
  'a submit with %j behind its path gives an id',
  async (suffix) => {
    const id = await submit({ prompt: '[[fail no_image]]' }, suffix);
    expect((await server.task(id)).action).toBe('generate');
  },
);

onOneStore(
  'a submit with pictures is an edit, however they are named, and one with empty places for them is none',
  async () => {
    const prompt = '[[fail content_rejected]]';
    const bodies = [
      { image: dataUri },
      { image: [dataUri, dataUri] },
      { image_urls: [dataUri] },
      { image_url: dataUri },
    ];
    for (const body of bodies)
      expect((await server.task(await submit({ prompt, ...body }))).action).toBe('edit');
    for (const body of [{ image: '' }, { image: [] }, { image_urls: [''], image: null }])
      expect((await server.task(await submit({ prompt, ...body }))).action).toBe('generate');
  },
);

onOneStore.each(['image=[]', 'image=', 'image_urls=[]', 'image_urls=[""]', 'image_urls[]=&image_url='])(
  'a form with %s has no pictures, so it is no edit',
  async (member) => {
    const body = new URLSearchParams(`prompt=[[fail no_image]]&${member}`);
    const answer = await server.call<{ id: string }>(submitPath, { method: 'POST', body });
    expect(answer.status, answer.text).toBe(200);
    expect((await server.task(answer.body.id)).action).toBe('generate');
  },
);

onOneStore('a form with a picture file is an edit, and a mask alone is refused', async () => {
  const send = async (name: string) => {
    const body = new FormData();
    body.append('prompt', '[[fail no_image]]');
    body.append(name, await (await fetch(dataUri)).blob(), 'a.png');
    return await server.call<{ id: string }>(submitPath, { method: 'POST', body });
  };
  expect((await server.task((await send('image')).body.id)).action).toBe('edit');
  expect((await send('mask')).status).toBe(400);
});

onOneStore('members of this family alone are named as ignored, and the task is made', async () => {
  const answer = await server.post<{ warnings: string[] }>(
    { prompt: '[[fail no_image]]', style: 'vivid', n: 1, webhook: 'https://a.example' },
    submitPath,
  );
  expect(answer.body.warnings).toEqual(
    ['style', 'webhook'].map((name) => expect.stringContaining(`"${name}"`)),
  );
});

onOneStore.each([
  ['auto', 1024, 1024],
  ['16:9', 1376, 768],
  ['1024x1536', 848, 1264],
  ['1536x1024', 1264, 848],
])('a submit with the size %s gives a picture of that shape', async (size, width, height) => {
  const task = await server.final(await submit({ prompt: 'x', size }));
  expect(task.image_details).toMatchObject([{ width, height }]);
});

test('a query gives the bare task, with integers and the pictures, to a raw key and behind Bearer', async () => {
  const id = await submit({ prompt: 'x [[text said]]' });
  const task = await server.final(id);
  const expected = {
    id,
    state: 'succeeded',
    progress: 100,
    create_time: Number(task.create_time),
    update_time: Number(task.update_time),
    action: 'generate',
    data: { images: task.data.images, description: 'said' },
  };
  expect(await query(id)).toEqual(expected);
  expect(await query(id.toUpperCase(), `bearer  ${adminKey}`)).toEqual(expected);
});

onOneStore('progress goes from 0 to 100 in whole steps', async () => {
  const id = await submit({ prompt: '[[delay 30ms]] [[hang]]' });
  await server.until(id, ({ progress }) => progress >= 0.9);
  const running = await query(id);
  expect(running).toMatchObject({ state: 'running', progress: 90, data: { images: [], description: '' } });
  expect(running).not.toHaveProperty('message');
});

onOneStore.each([
  ['content_rejected', 400],
  ['no_image', 400],
  ['upstream_quota', 502],
])('a task that failed with %s says why wherever programs look for it', async (type, code) => {
  const id = await submit({ prompt: `[[fail ${type}]]` });
  const { msg } = await server.final(id);
  expect(msg).toMatch(/\S/);
  expect(await query(id)).toEqual({
    id,
    state: 'error',
    progress: expect.any(Number),
    create_time: expect.any(Number),
    update_time: expect.any(Number),
    action: 'generate',
    data: { images: [], description: msg },
    message: msg,
    error: { code, message: msg, type },
  });
});

test('a cancelled task is a failed one, and one that has not ended has no error', async () => {
  const id = await submit({ prompt: '[[hang]]' });
  await server.until(id, ({ state }) => state === 'running');
  expect(await query(id)).not.toHaveProperty('error');
  await server.call(`/api/gemini/nano-banana/${id}`, { method: 'DELETE' });
  const { msg } = await server.final(id);
  expect(await query(id)).toMatchObject({
    message: msg,
    error: { code: 499, message: msg, type: 'cancelled' },
  });
});

test('a task made by one face is found by the other', async () => {
  const id = await server.submit({ prompt: '[[fail no_image]]', image_urls: [dataUri] }, editPath);
  expect(await query(id)).toMatchObject({ id, action: 'edit' });
});

onOneStore.each([
  ['an unknown task', `/v1/tasks/${newTaskId()}`, {}, 404, 'not_found'],
  ['a caller without a key', `/v1/tasks/${newTaskId()}`, { key: null }, 401, 'unauthenticated'],
  ['a submit that is off', submitPath, { method: 'POST', body: '{}' }, 400, 'invalid_request'],
  [
    'a body of no use',
    submitPath,
    { method: 'POST', body: '<a/>', headers: { 'content-type': 'text/xml' } },
    415,
    'unsupported_media',
  ],
  [
    'a body that is no picture',
    submitPath,
    { method: 'POST', body: '{"prompt":"x","image":"data:,x"}' },
    422,
    'input_unreachable',
  ],
  ['a wrong method', submitPath, {}, 405, 'invalid_request'],
  [
    'a path of this family that is none',
    '/v1/chat/completions',
    { method: 'POST', body: '{}' },
    404,
    'not_found',
  ],
])('%s is refused in the shape of this family', async (_, path, call, status, type) => {
  const answer = await server.call<{ error: { details?: unknown; message: string } }>(path, call);
  expect(answer.status, answer.text).toBe(status);
  const { details, ...error } = answer.body.error;
  expect({ ...answer.body, error }).toEqual({
    error: { code: status, message: expect.stringMatching(/\.$/), type },
    msg: error.message,
    message: error.message,
  });
  if (type === 'invalid_request' && status === 400) expect(details).toMatchObject([{ path: 'prompt' }]);
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  if (status === 405) expect(answer.headers.get('allow')).toBe('OPTIONS, POST');
  if (status === 401) expect(answer.headers.get('www-authenticate')).toBe('Bearer');
});
