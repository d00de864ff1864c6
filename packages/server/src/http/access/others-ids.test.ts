import type { Envelope, NewWebhookData, WebhookDeliveriesData } from '@plantain/client';
import { beforeAll, expect, test } from 'vitest';
import { newTaskId } from '../../lib/ids.ts';
import { anyone } from './access.ts';
import { routes } from '../openapi/document.ts';
import { statusPath, startServer, type TestServer } from '../server.fixture.ts';

// An id that is another's is answered as one that never was, by every call that takes one.

let server: TestServer;
let user: string;
/** Ids of the administrator, by the beginnings of paths. */
let ids: [beginning: string, id: string][];

beforeAll(async () => {
  server = await startServer({ ALLOWED_PRIVATE_HOSTS: '127.0.0.1:9' });
  user = await server.newKey('plantain_of_somebody_else');
  const post = async <Data>(path: string, body: object) =>
    (await server.post<Envelope<Data>>(body, path)).body.data;
  const webhook = await post<NewWebhookData>('/api/webhooks', { url: 'http://127.0.0.1:9/' });
  const task = await server.submit({ prompt: '[[fail no_image]]' });
  await server.final(task);
  const batch = await post<{ batch_id: string }>(`${statusPath}/batch`, { tasks: [{ prompt: 'a' }] });
  const picture = await onePixel();
  const upload = await server.call<Envelope<{ file_id: string }>>('/api/files', {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: picture,
  });
  const deliveries = await server.call<Envelope<WebhookDeliveriesData>>('/api/webhooks/deliveries');
  ids = [
    [`${statusPath}/batch/`, batch.batch_id],
    ['/api/webhooks/deliveries/', deliveries.body.data.deliveries[0]?.delivery_id ?? ''],
    ['/api/webhooks/', webhook.webhook_id],
    ['/api/files/', upload.body.data.file_id],
    ['/replicate/v1/files/', upload.body.data.file_id],
    ['/', task],
  ];
});

async function onePixel(): Promise<Uint8Array<ArrayBuffer>> {
  const { default: sharp } = await import('sharp');
  const create = { width: 1, height: 1, channels: 3, background: 'teal' } as const;
  return new Uint8Array(await sharp({ create }).png().toBuffer());
}

const ofIds = Object.entries(routes).filter(
  ([, { path, access, params = {} }]) =>
    'id' in params && access !== anyone && !path.startsWith('/api/admin/') && !path.startsWith('/files/'),
);

test.each(ofIds)('%s', async (_, { method, path, body }) => {
  const id = ids.find(([beginning]) => path.startsWith(beginning))?.[1] ?? '';
  const never = id.replace(/[0-9a-f]{12}$/, newTaskId().slice(-12));
  expect(id).toMatch(/\w{8}/);
  expect(never).not.toBe(id);
  const ask = async (asked: string) => {
    const { status, headers, text } = await server.call(
      path.replace('{id}', asked).replaceAll(/\{\w+\}/g, '1'),
      {
        method: method.toUpperCase(),
        key: user,
        ...(body === undefined ? {} : { body: '{}', headers: { 'content-type': 'application/json' } }),
      },
    );
    const shown = [...headers].filter(([name]) => !['date', 'x-request-id', 'content-length'].includes(name));
    return { status, shown, text: text.replaceAll(/"(exec_time|request_id)":[^,}]+/g, '') };
  };
  const others = await ask(id);
  expect(others.status).toBe(404);
  expect(others).toEqual(await ask(never));
});
