import { beforeAll, expect, test } from 'vitest';
import { newTaskId } from '../../lib/ids.ts';
import { anyone } from './access.ts';
import { routes } from '../openapi/document.ts';
import { adminKey, startServer, type TestServer } from '../server.fixture.ts';
import { type Made, makeThing, type Named, namesThing } from './things.fixture.ts';

// An id that is another's is answered as one that never was, by every call that takes one.

let server: TestServer;
let user: string;
const reused: Made = new Map();

beforeAll(async () => {
  server = await startServer({ ALLOWED_PRIVATE_HOSTS: '127.0.0.1:9' });
  user = await server.newKey('plantain_of_somebody_else');
});

const ofIds = Object.entries(routes).filter(
  ([id, route]) =>
    namesThing([id, route]) &&
    route.access !== anyone &&
    !route.path.startsWith('/api/admin/') &&
    !route.path.startsWith('/files/'),
);

test('calls that name a task in their query string or their body are among them', () => {
  const names = ofIds.map(([name]) => name);
  expect(names).toEqual(expect.arrayContaining(['getTaskByQuery', 'getTaskByBody', 'getTask']));
});

test.each(ofIds)('%s', async (name, route) => {
  const { method, body } = route;
  const made = (await makeThing(server, { key: adminKey, reused }, [name, route])) ?? { path: '' };
  const other = (text: string) => text.replace(/[0-9a-f]{12}(?![0-9a-f])/, newTaskId().slice(-12));
  const never = { path: other(made.path), body: made.body && other(made.body) };
  expect(never).not.toEqual(made);
  const ask = async (thing: Named, key: string) => {
    const { status, headers, text } = await server.call(thing.path, {
      method: method.toUpperCase(),
      key,
      ...(body === undefined
        ? {}
        : { body: thing.body ?? '{}', headers: { 'content-type': 'application/json' } }),
    });
    const shown = [...headers].filter(([each]) => !['date', 'x-request-id', 'content-length'].includes(each));
    return { status, shown, text: text.replaceAll(/"(exec_time|request_id)":[^,}]+/g, '') };
  };
  const others = await ask(made, user);
  expect(others.status).toBe(404);
  expect(others).toEqual(await ask(never, user));
  expect((await ask(made, adminKey)).status).not.toBe(404);
});
