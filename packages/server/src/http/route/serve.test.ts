import fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { openCaller } from '../../core/keys/keys.ts';
import { RequestError } from '../../core/errors.ts';
import { type Access, anyone, key, type Locks } from '../access/access.ts';
import type { Answers } from '../answer.ts';
import type { BodyReader } from '../body/read-body.ts';
import { inPath, queryAsGiven, sent, uuidInPath } from './forms.ts';
import { route, type Routes } from './route.ts';
import { createServe } from './serve.ts';

const words = { method: 'post', tag: 'Tasks', summary: 'A call' } as const;

/** An application with these routes, whose handlers say that they were reached; and what was done of a call, in order. */
function serve(declared: Routes) {
  const done: string[] = [];
  const locks = {
    authorize: async (header) => {
      done.push('lock');
      if (header !== 'right') throw new RequestError('unauthenticated', 'No.');
      return { ...openCaller, keyId: 'key', role: 'user' };
    },
  } as Partial<Locks> as Locks;
  const app = fastify();
  const serveRoutes = createServe({
    locks,
    bodies: {} as BodyReader,
    clock: { now: () => 0 },
    callerAddress: () => '""',
  });
  const handlers = Object.keys(declared).map((id) => [
    id,
    ({
      params,
      query,
      caller,
      reply,
    }: Record<string, unknown> & { reply: { send: (value: object) => unknown } }) => {
      done.push('handler');
      return reply.send({ params, query, caller });
    },
  ]);
  serveRoutes(declared, Object.fromEntries(handlers) as never)(app, {} as Answers);
  onTestFinished(() => app.close());
  return { app, done };
}

test('whoever has no key is refused before the query string is looked at and the handler is reached', async () => {
  const refuses = queryAsGiven(() => []);
  const { app, done } = serve({
    call: route({
      ...words,
      path: '/call/{id}',
      access: key,
      params: { id: inPath('Its id', '1') },
      query: {
        ...refuses,
        read() {
          done.push('query');
          return {};
        },
      },
      answers: sent({}),
    }),
  });
  const call = (authorization: string) =>
    app.inject({ method: 'POST', url: '/call/1?a=b', headers: { authorization } });
  await call('wrong');
  expect(done).toEqual(['lock']);
  await call('right');
  expect(done).toEqual(['lock', 'lock', 'query', 'handler']);
});

test('a handler gets the caller from the lock, and members of the path as they are read', async () => {
  const { app } = serve({
    call: route({
      ...words,
      path: '/tasks/{id}/parts/{name}',
      access: key,
      params: { id: uuidInPath('Its id', '1'), name: inPath('Its name', 'a') },
      answers: sent({}),
    }),
  });
  const { body } = await app.inject({
    method: 'POST',
    url: '/tasks/AB/parts/CD',
    headers: { authorization: 'right' },
  });
  expect(JSON.parse(body)).toEqual({
    params: { id: 'ab', name: 'CD' },
    caller: { ...openCaller, keyId: 'key', role: 'user' },
  });
});

test('a route without a lock can’t be declared', () => {
  // @ts-expect-error A declaration has to name its access.
  const declared = route({ ...words, path: '/call', answers: sent({}) });
  expect(declared.access satisfies Access<unknown> | undefined).toBeUndefined();
  expect(route({ ...words, path: '/call', access: anyone, answers: sent({}) }).access).toBe(anyone);
});
