import { beforeAll, expect, test } from 'vitest';
import { newTaskId } from '../../lib/ids.ts';
import { anyone } from './access.ts';
import { routes } from '../openapi/document.ts';
import { adminKey, startServer, type TestServer } from '../server.fixture.ts';
import { type Made, makeThing } from './things.fixture.ts';

// An id that is another's is answered as one that never was, by every call that takes one.

let server: TestServer;
let user: string;
const reused: Made = new Map();

beforeAll(async () => {
  server = await startServer({ ALLOWED_PRIVATE_HOSTS: '127.0.0.1:9' });
  user = await server.newKey('plantain_of_somebody_else');
});

const ofIds = Object.entries(routes).filter(
  ([, { path, access, params = {} }]) =>
    'id' in params && access !== anyone && !path.startsWith('/api/admin/') && !path.startsWith('/files/'),
);

test.each(ofIds)('%s', async (name, route) => {
  const { method, body } = route;
  const { path } = (await makeThing(server, { key: adminKey, reused }, [name, route])) ?? { path: '' };
  const never = path.replace(/[0-9a-f]{12}(?![0-9a-f])/, newTaskId().slice(-12));
  expect(never).not.toBe(path);
  const ask = async (at: string, key: string) => {
    const { status, headers, text } = await server.call(at, {
      method: method.toUpperCase(),
      key,
      ...(body === undefined ? {} : { body: '{}', headers: { 'content-type': 'application/json' } }),
    });
    const shown = [...headers].filter(([each]) => !['date', 'x-request-id', 'content-length'].includes(each));
    return { status, shown, text: text.replaceAll(/"(exec_time|request_id)":[^,}]+/g, '') };
  };
  const others = await ask(path, user);
  expect(others.status).toBe(404);
  expect(others).toEqual(await ask(never, user));
  expect((await ask(path, adminKey)).status).not.toBe(404);
});
