import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { contextOf, failureOf } from '../faults.fixture.ts';
import { nanoBananaKey, openNanoBanana, refusalReply, successReply, taskId } from './nano-banana.fixture.ts';
import type { NanoBananaLoopback } from './nano-banana.fixture.ts';

const page = { status: 404, body: '<html>404 page not found</html>' };

let server: NanoBananaLoopback;
beforeEach(async () => {
  server = await openNanoBanana();
});
afterEach(() => server.close());

function adapter(apiKey = nanoBananaKey) {
  return server.create({ key: apiKey });
}

/** Polls the task. */
function poll({ apiKey = nanoBananaKey, signal = new AbortController().signal } = {}) {
  const { poll: ask } = adapter(apiKey);
  if (ask === undefined) throw new Error('the adapter can not poll');
  return ask({ taskId }, contextOf({ signal }));
}

async function cancel(id = taskId) {
  await adapter().cancel?.({ taskId: id }, new AbortController().signal);
}

describe('trouble in asking', () => {
  test.each([
    ['a task that is no longer known', refusalReply(404, 'not_found', 'This key has no task with this id.')],
    ['the same in an HTTP 200', { body: { code: 404, msg: '任务不存在', data: null } }],
  ])('%s is the end of the task', async (_name, reply) => {
    server.answer('poll', reply);
    expect(await poll()).toEqual({
      failure: {
        type: 'upstream_unavailable',
        message: expect.stringContaining('no longer knows the task'),
        retryable: true,
        upstreamReason: '404 task unknown',
        maybeBilled: true,
        unknownOutcome: true,
      },
    });
  });

  test.each([
    ['a page of a gateway that finds no server', page],
    ['a page instead of an answer', { body: '<html>welcome</html>' }],
    ['a status without a state', successReply({ task_id: taskId })],
    ['no status', successReply(null)],
    ['a gateway that gave up waiting', { status: 504, body: '<html>504</html>' }],
    [
      'a server that does not know the task yet',
      { body: { code: 422, msg: 'recordInfo is null', data: null } },
    ],
    ['a fault of the server', refusalReply(500, 'internal', 'A fault inside this server.')],
    ['a connection that breaks', { body: 'x'.repeat(100), misbehave: 'cut' as const }],
  ])('%s says nothing of the task and costs nothing', async (_name, reply) => {
    server.answer('poll', reply);
    const failure = await failureOf(poll());
    expect(failure).toMatchObject({ type: 'upstream_unavailable', retryable: true });
    expect(failure).not.toHaveProperty('maybeBilled');
    expect(failure).not.toHaveProperty('unknownOutcome');
  });

  test('a server that asks for patience gets it', async () => {
    server.answer(
      'poll',
      refusalReply(429, 'rate_limited', 'Too fast.', { headers: { 'retry-after': '4' } }),
    );
    expect(await failureOf(poll())).toMatchObject({ type: 'upstream_rate_limited', retryAfterMs: 4_000 });
  });

  test('a key that was revoked meanwhile is the end of asking', async () => {
    expect(await failureOf(poll({ apiKey: 'another-key-entirely' }))).toMatchObject({
      type: 'upstream_auth',
      retryable: false,
    });
  });

  test("an abort rejects with the signal's reason", async () => {
    server.answer('poll', { misbehave: 'hang before headers' });
    const controller = new AbortController();
    const reason = new Error('the lease was lost');
    const asked = poll({ signal: controller.signal });
    controller.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });
});

describe('a cancel', () => {
  test('is one call with the key', async () => {
    await cancel();
    expect(server.all).toMatchObject([
      {
        method: 'POST',
        path: `/api/gemini/nano-banana/${taskId}/cancel`,
        headers: { authorization: nanoBananaKey },
      },
    ]);
  });

  test.each([
    page,
    { status: 405, body: '' },
    refusalReply(409, 'conflict', 'The task has ended.'),
    { body: { code: 404, msg: 'no such call', data: null } },
  ])('that comes too late, or to a server without the call, is fine', async (reply) => {
    server.answer('cancel', reply);
    await cancel();
    expect(server.all).toMatchObject([{ path: `/api/gemini/nano-banana/${taskId}/cancel` }]);
  });

  test.each([
    { status: 502, body: '<html>bad gateway</html>' },
    { body: 'x'.repeat(100), misbehave: 'cut' as const },
  ])('that fails otherwise is an error, and costs nothing', async (reply) => {
    server.answer('cancel', reply);
    const failure = await failureOf(cancel());
    expect(failure).toMatchObject({ type: 'upstream_unavailable' });
    expect(failure).not.toHaveProperty('maybeBilled');
  });

  test('of an id with odd characters stays below the API, and an absurd id goes nowhere', async () => {
    await cancel('a/b?c');
    expect(server.all[0]?.path).toBe('/api/gemini/nano-banana/a%2Fb%3Fc/cancel');
    for (const id of ['..', '.', ''])
      expect(await failureOf(cancel(id))).toMatchObject({ upstreamReason: 'malformed name' });
    expect(server.all).toHaveLength(1);
  });

  test('that is refused repeats nothing of the answer', async () => {
    server.answer('cancel', refusalReply(500, 'internal', 'no plantain today'));
    expect(JSON.stringify(await failureOf(cancel()))).not.toContain('plantain');
  });
});

describe('the check', () => {
  const check = (apiKey = nanoBananaKey) => adapter(apiKey).check(new AbortController().signal);

  test('asks after a task that never was, and makes none', async () => {
    expect(await check()).toMatch(/takes the key/);
    expect(server.all).toMatchObject([
      { method: 'GET', path: expect.stringMatching(/^\/api\/gemini\/nano-banana\/[0-9a-f-]{36}$/) },
    ]);
  });

  test('finds a key that is refused', async () => {
    expect(await failureOf(check('another-key-entirely'))).toMatchObject({
      type: 'upstream_auth',
      retryable: false,
    });
  });

  test.each([page, { body: '<html>welcome</html>' }, { body: { hello: 'world' } }])(
    'finds an address where something else answers',
    async (reply) => {
      server.answer('poll', reply);
      expect(await failureOf(check())).toMatchObject({
        upstreamReason: 'unreadable answer',
        message: expect.stringContaining('base URL'),
      });
    },
  );
});
