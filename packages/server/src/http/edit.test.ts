import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SubmitEnvelope, TaskRequestData } from '@plantain/client';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { editPath, refusalOf, startServer, statusPath, type TestServer } from './server.fixture.ts';

let png: Buffer;
let pictures: Server;
let pictureUrl: string;
let server: TestServer;
let requests = 0;

beforeAll(async () => {
  png = await sharp({ create: { width: 90, height: 160, channels: 3, background: '#e0218a' } })
    .png()
    .toBuffer();
  pictures = createServer((request, response) => {
    requests += 1;
    if (request.url === '/moved') response.writeHead(302, { location: 'http://127.0.0.1:1/x.png' }).end();
    else response.writeHead(200, { 'content-type': 'image/png' }).end(png);
  }).listen(0, '127.0.0.1');
  await once(pictures, 'listening');
  const { port } = pictures.address() as AddressInfo;
  pictureUrl = `http://127.0.0.1:${port}/input.png`;
  server = await startServer({ ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${port}` });
});
afterAll(() => pictures.close());

const dataUri = () => `data:image/png;base64,${png.toString('base64')}`;

/** Follows an edit to its end, and gives the average colour in the middle of its picture. */
async function middleOf(id: string) {
  const task = await server.final(id);
  expect(task, task.msg).toMatchObject({
    state: 'succeeded',
    action: 'edit',
    image_details: [{ width: 768, height: 1376 }],
  });
  const bytes = await (await fetch(task.data.images[0]?.url ?? '')).arrayBuffer();
  const { channels } = await sharp(bytes).extract({ left: 334, top: 638, width: 100, height: 100 }).stats();
  return channels.map(({ mean }) => Math.round(mean));
}

test('an edit has its input in its picture and its shape, whether it came as a link, a data: URI or a file', async () => {
  const data = new FormData();
  data.append('image', new Blob([new Uint8Array(png)]), 'input.png');
  data.append('prompt', 'the same');
  const file = await server.call<{ data: { task_id: string } }>(editPath, { method: 'POST', body: data });
  const colours = [
    await middleOf(await server.submit({ prompt: 'the same', image_urls: [pictureUrl] }, editPath)),
    await middleOf(await server.submit({ prompt: 'the same', image_urls: [dataUri()] }, editPath)),
    await middleOf(file.body.data.task_id),
  ];
  const [red = 0, green = 0, blue = 0] = colours[0] ?? [];
  expect(red).toBeGreaterThan(150);
  expect(green).toBeLessThan(110);
  expect(blue).toBeGreaterThan(80);
  expect(colours).toEqual([colours[0], colours[0], colours[0]]);
});

test('a link to an inside address that is not allowed fails the task and is never called', async () => {
  const closed = await startServer();
  const before = requests;
  const id = await closed.submit({ prompt: 'x', image_urls: [dataUri(), pictureUrl] }, editPath);
  const task = await closed.final(id);
  expect(task).toMatchObject({ state: 'error', error: { type: 'input_unreachable', retryable: false } });
  expect(task.msg).toMatch(/^image_urls\[1\]: /);
  expect(task.attempts).toEqual([]);
  expect(requests).toBe(before);
});

test('a link to a name that can only be inside, or to a port that is not allowed, is refused at once, but for links to own pictures', async () => {
  const closed = await startServer({ PUBLIC_URL: 'http://localhost:8787' });
  const made = await closed.final(await closed.submit({ prompt: 'a banana' }));
  const own = made.data.images[0]?.url ?? '';
  expect(own).toMatch(/^http:\/\/localhost/);
  const edit = {
    prompt: 'at night',
    image_urls: [own, 'http://localhost:80/a.png', own, 'http://nas.local/', 'http://pictures.example:9000/'],
  };
  const { error } = refusalOf(await closed.post(edit, editPath), 422);
  expect(error.details).toEqual([
    { path: 'image_urls[1]', message: expect.stringContaining('allowed_private_hosts') },
    { path: 'image_urls[3]', message: expect.stringContaining('allowed_private_hosts') },
    { path: 'image_urls[4]', message: expect.stringContaining('link_ports') },
  ]);
  const edited = await closed.final(await closed.submit({ ...edit, image_urls: [own] }, editPath));
  expect(edited.state).toBe('succeeded');
});

test('a redirect from an allowed address to one that is not fails the task', async () => {
  const id = await server.submit({ prompt: 'x', image_urls: [new URL('/moved', pictureUrl).href] }, editPath);
  expect((await server.final(id)).error).toMatchObject({ type: 'input_unreachable' });
});

test('a data: URI or a file that is no picture is refused at once, by its path', async () => {
  const text = `data:image/png;base64,${Buffer.from('not a picture').toString('base64')}`;
  const inUri = refusalOf(await server.post({ prompt: 'x', image_urls: [dataUri(), text] }, editPath), 422);
  expect(inUri.error.details).toEqual([
    { path: 'image_urls[1]', message: expect.stringContaining('not a picture') },
  ]);
  const data = new FormData();
  data.append('prompt', 'x');
  data.append('image', new Blob(['not a picture']), 'input.png');
  const inFile = refusalOf(await server.call(editPath, { method: 'POST', body: data }), 422);
  expect(inFile.error.details).toMatchObject([{ path: 'image[0]' }]);
  data.set('image', dataUri());
  data.append('image', new Blob([new Uint8Array(png)]), 'input.png');
  data.append('image', new Blob(['not a picture']), 'input.png');
  const second = refusalOf(await server.call(editPath, { method: 'POST', body: data }), 422);
  expect(second.error.details).toMatchObject([{ path: 'image[2]' }]);
});

test('a mask is no picture to edit: it goes with one, is kept beside it, and its link stands apart', async () => {
  const data = new FormData();
  data.append('prompt', 'x');
  data.append('mask', new Blob([new Uint8Array(png)]), 'mask.png');
  const alone = refusalOf(await server.call(editPath, { method: 'POST', body: data }), 400);
  expect(alone.error.details).toMatchObject([{ path: 'image_urls' }]);
  data.append('image', new Blob([new Uint8Array(png)]), 'input.png');
  const answer = await server.call<SubmitEnvelope>(editPath, { method: 'POST', body: data });
  expect(answer.body.data.warnings).toBeUndefined();
  const { task_id: id } = answer.body.data;
  expect((await server.final(id)).state).toBe('succeeded');
  const { image_urls: links, mask = '' } = (
    await server.call<{ data: TaskRequestData }>(`${statusPath}/${id}/request`)
  ).body.data;
  expect(links.map((link) => new URL(link).pathname)).toEqual([`/files/${id}/input-1.png`]);
  expect(new URL(mask).pathname).toBe(`/files/${id}/input-2.png`);
  const kept = await fetch(mask);
  expect(Buffer.from(await kept.arrayBuffer())).toEqual(Buffer.from(png));
});

test.each([
  ['a data: URI', () => ({ mask: dataUri() })],
  ['a list of one', () => ({ mask_image: [dataUri()] })],
  ['an object', () => ({ maskUrl: { url: dataUri() } })],
])('a mask comes as %s too, and is the same when the task is tried again', async (_form, members) => {
  const prompt = '[[fail no_image]]';
  const submitted = await server.post<SubmitEnvelope>(
    { prompt, image_urls: [dataUri()], quality: 'HIGH', background: 'transparent', ...members() },
    editPath,
  );
  const { task_id: id } = submitted.body.data;
  expect((await server.final(id)).error?.type).toBe('no_image');
  const again = await server.post<SubmitEnvelope>({}, `${statusPath}/${id}/retry`);
  const asked = (at: string) => server.call<{ data: TaskRequestData }>(`${statusPath}/${at}/request`);
  const { data } = (await asked(again.body.data.task_id)).body;
  expect(data).toMatchObject({ quality: 'high', background: 'transparent' });
  expect(data.image_urls).toHaveLength(1);
  expect(data.mask).toContain('/input-2.png');
});

test('two masks, and one without a picture, are refused by name', async () => {
  const other = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const two = { prompt: 'x', image_urls: [dataUri()], mask: [dataUri(), 'https://a.example/m.png'] };
  const alone = { prompt: 'x', mask: other };
  for (const [body, path] of [
    [two, editPath],
    [alone, statusPath],
  ] as const) {
    const refused = refusalOf(await server.post(body, path), 400);
    expect(refused.error.details).toMatchObject([{ path: 'mask' }]);
  }
});

test('a link to one of the server’s own results is an input without being fetched, as long as it works', async () => {
  // No inside host is allowed here, and this server is one.
  const own = await startServer();
  const made = await own.final(await own.submit({ prompt: 'a banana' }));
  const link = made.data.images[0]?.url ?? '';
  const edited = await own.final(await own.submit({ prompt: 'at night', image_urls: [link] }, editPath));
  expect(edited).toMatchObject({ state: 'succeeded', action: 'edit' });
  for (const bad of [link.replace(/token=.*/, 'token=AAAA'), link.split('?')[0]]) {
    const refused = await own.post({ prompt: 'at night', image_urls: [link, bad] }, editPath);
    expect(refused.status).toBe(422);
    expect(refused.body.error?.details).toMatchObject([{ path: 'image_urls[1]' }]);
  }
  const elsewhere = await own.post(
    { prompt: 'at night', image_urls: [link.replace('/files/', '/other/')] },
    editPath,
  );
  expect((await own.final(elsewhere.body.data.task_id)).error?.type).toBe('input_unreachable');
});

test('what is lost of an input picture on its way stands in the warnings of the task', async () => {
  const frames = await Promise.all(
    ['red', 'blue'].map((background) =>
      sharp({ create: { width: 16, height: 16, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  );
  const gif = await sharp(frames, { join: { animated: true } })
    .gif()
    .toBuffer();
  const moving = `data:image/gif;base64,${gif.toString('base64')}`;
  const id = await server.submit({ prompt: 'x', image_urls: [dataUri(), moving] }, editPath);
  const { state, warnings } = await server.final(id);
  expect([state, warnings]).toEqual([
    'succeeded',
    ['Input picture 2 is an animation; only its first frame was sent.'],
  ]);
});
