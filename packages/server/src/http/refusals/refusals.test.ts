import type { ErrorEnvelope, RequestErrorType } from '@plantain/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { RequestError } from '../../core/errors.ts';
import { newTaskId } from '../../lib/ids.ts';
import { createApp } from '../app.ts';
import {
  adminKey,
  editPath,
  refusalOf,
  rawCall,
  rawExchange,
  type SentBody,
  startServer,
  statusPath,
  type TestServer,
} from '../server.fixture.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ MAX_BODY_BYTES: '2000000' });
});

const post = (body: SentBody, headers: Record<string, string> = {}, path = statusPath) =>
  server.call(path, { method: 'POST', body, headers });

describe('a refusal', () => {
  test.each([
    ['of an empty body', ''],
    ['of JSON that ends too early', '{"prompt":"secret words'],
    ['of JSON that breaks', '{"prompt": secret words}'],
    ['of a list', '["secret words"]'],
    ['of a bare string', '"secret words"'],
    ['of null', 'null'],
    ['of bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0xfe])],
  ])('%s is 400 and quotes nothing of it', async (_, body) => {
    const answer = await post(body, { 'content-type': 'application/json' });
    expect(refusalOf(answer).code).toBe(400);
    expect(answer.text).not.toContain('secret');
  });

  test.each([
    ['application/xml', '<prompt>x</prompt>'],
    ['image/png', 'PNG'],
    ['text/plain', 'a banana'],
    ['nonsense', 'a banana'],
    ['a b c/;;', 'a banana'],
  ])('of a body of type %s is 415', async (type, body) => {
    expect(refusalOf(await post(body, { 'content-type': type })).code).toBe(415);
  });

  test.each(['gzip', 'BR', 'identity, deflate', 'utf-8,zstd', 'x-gzip'])(
    'of a body in the coding %s is 415',
    async (coding) => {
      const headers = { 'content-type': 'application/json', 'content-encoding': coding };
      expect(refusalOf(await post('{}', headers)).code).toBe(415);
    },
  );

  test.each(['UTF-8', 'aws-chunked', 'Identity', 'none', 'binary', ''])(
    'is for its own sake, not for a Content-Encoding of "%s", which is no coding',
    async (coding) => {
      const headers = { 'content-type': 'application/json', 'content-encoding': coding };
      expect(refusalOf(await post('{}', headers)).code).toBe(400);
      expect((await post('{"prompt":"[[fail no_image]]"}', headers)).status).toBe(200);
    },
  );

  test.each([
    ['without a boundary', 'multipart/form-data'],
    ['that never begins', 'multipart/form-data; boundary=x'],
  ])('of a multipart body %s is 400', async (_, type) => {
    expect(refusalOf(await post('nothing of the kind', { 'content-type': type })).code).toBe(400);
  });

  test('of a multipart body that breaks off is 400', async () => {
    const part = '--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\na ban';
    expect(refusalOf(await post(part, { 'content-type': 'multipart/form-data; boundary=x' })).code).toBe(400);
  });

  test.each([
    ['no key', null],
    ['an unknown key', 'plantain_unknown'],
    ['an empty bearer', 'Bearer '],
    ['a key that is far too long', 'x'.repeat(5_000)],
  ])('of a caller with %s is 401 and says how to show one', async (_, key) => {
    const id = newTaskId();
    for (const answer of [
      await server.call(`${statusPath}/${id}`, { key }),
      await server.call(statusPath, { method: 'POST', key, body: '{"prompt":"x"}' }),
    ]) {
      expect(refusalOf(answer).code).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test.each([
    ['an empty body', ''],
    ['JSON that breaks', '{"prompt":'],
    ['a body that is too large', ' '.repeat(2_000_001)],
    ['a body of a strange type', '<prompt/>'],
  ])('of a caller without a key and with %s is 401', async (_, body) => {
    for (const key of [null, '']) {
      const answer = await server.call(statusPath, { method: 'POST', key, body });
      expect(refusalOf(answer).code).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  test.each([newTaskId(), 'x', '%20', '1'.repeat(36), "' OR 1=1 --", '..%2f..%2fetc', 'x'.repeat(490)])(
    'of an id that never was (%s) is 404',
    async (id) => {
      expect(refusalOf(await server.call(`${statusPath}/${id}`)).code).toBe(404);
    },
  );

  test.each(['/nothing', '/api', '/api/gemini/nano-banana-editor', '/.env', '/nothing?x=%zz'])(
    'of the path %s is 404',
    async (path) => {
      expect(refusalOf(await server.call(path)).code).toBe(404);
    },
  );

  test('of a path at which there is nothing says where everything is described', async () => {
    for (const path of ['/nothing', '/v1/nothing', '/nothing?key=plantain_secret_words']) {
      const answer = await server.call(path);
      expect(answer).toMatchObject({
        status: 404,
        body: { msg: expect.stringMatching(/There is nothing at this path\. .*\/docs .* \/openapi\.json /) },
      });
      expect(answer.text).not.toContain('secret');
    }
    for (const path of ['/docs', '/openapi.json'])
      expect((await server.call(path, { key: null })).status).toBe(200);
    const behind = await startServer({ PUBLIC_URL: 'https://pictures.example/plantain/' });
    expect(refusalOf(await behind.call('/v1beta/nothing'), 404).msg).toContain(' /plantain/docs ');
    expect(refusalOf(await behind.call('/nano-banana'), 404).msg).toContain(
      'mean /plantain/api/gemini/nano-banana?',
    );
    expect((await behind.call('/')).body).toMatchObject({
      data: { docs: '/plantain/docs', openapi: '/plantain/openapi.json' },
    });
  });

  test.each([
    ['GET', '/api/gemini/nanobanana', '/api/gemini/nano-banana'],
    ['POST', '/api/gemini/nano_banana/', '/api/gemini/nano-banana'],
    ['POST', '/API/Gemini/Nano-Banana', '/api/gemini/nano-banana'],
    ['POST', '/gemini/nano-banana-edit', '/api/gemini/nano-banana-edit'],
    ['POST', '/api/gemini/nano-banana/edit', '/api/gemini/nano-banana-edit'],
    ['POST', '/api/gemini/api/gemini/nano-banana', '/api/gemini/nano-banana'],
    ['GET', `/nano-banana/${newTaskId()}`, '/api/gemini/nano-banana/{id}'],
    ['GET', `/v1/api/gemini/nano-banana/${newTaskId()}`, '/api/gemini/nano-banana/{id}'],
    ['POST', '/v1/v1/images/generations', '/v1/images/generations'],
    ['POST', '//v1//image/generation', '/v1/images/generations'],
    ['GET', `/v1/v1/tasks/${newTaskId()}`, '/v1/tasks/{id}'],
    ['GET', `/v1/task/${newTaskId()}`, '/v1/tasks/{id}'],
    ['GET', '/v1/model', '/v1/models'],
  ])('of %s %s asks whether %s was meant', async (method, target, meant) => {
    const answer = await rawCall<{ error: { message: string } }>(server.url, {
      target,
      method,
      headers: { authorization: adminKey },
    });
    expect(answer.status).toBeOneOf([404, 405]);
    expect(answer.body.error.message).toContain(`Did you mean ${meant}?`);
  });

  test.each([
    ['/v1/chat/completions', 'by POST /openai/v1/chat/completions'],
    ['/v1/responses/', 'POST /v1/images/generations'],
    ['/v1beta/models/gemini-3.1-flash-image:generateContent', 'POST /api/gemini/nano-banana'],
    ['/v1/images/edits', 'POST /api/gemini/nano-banana-edit'],
    ['/mcp/sse', 'The Model Context Protocol is spoken at /mcp'],
  ])('of the call %s of another API says what is here in its place', async (path, words) => {
    const answer = await server.call<{ msg: string }>(path, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(404);
    expect(answer.body.msg).toContain(words);
  });

  test('of a submit whose members are in the query string says where they go', async () => {
    const answer = await server.call<{ msg: string }>(`${statusPath}?prompt=x`, { method: 'POST' });
    expect(answer.status).toBe(400);
    expect(answer.body.msg).toBe(
      'The body is empty. Send a JSON object: members are not read from the query string.',
    );
  });

  test.each(['', 'x', 'x/'.repeat(140), '%20', '-', '$&', '$'])(
    'of the path /%s asks nothing',
    async (path) => {
      const { body } = await server.call<{ msg: string }>(`/nothing/${path}`);
      expect(body.msg).not.toContain('Did you mean');
    },
  );

  test.each(['/%zz', `${statusPath}/%ff`, `${statusPath}/${'x'.repeat(2_000)}`])(
    'of a path that is none (%s) is 400',
    async (path) => {
      expect(refusalOf(await rawCall(server.url, { target: path })).code).toBe(400);
    },
  );

  test.each([
    ['GET', `${statusPath}/?wait=30&until=final`, 'wait is for one task, and no id of one stands'],
    ['POST', `${statusPath}//cancel`, 'an id may be missing'],
    ['POST', '/api/webhooks//test', 'an id may be missing'],
  ])('of %s %s, whose id is empty, says so', async (method, target, words) => {
    const { status, body } = await server.call<{ msg: string }>(target, { method, key: adminKey });
    expect(status).toBeOneOf([400, 405]);
    expect(body.msg).toContain(words);
  });

  test.each([
    ['PUT', statusPath, 'GET, HEAD, OPTIONS, POST'],
    ['GET', `/${editPath}//`, 'OPTIONS, POST'],
    ['POST', `${statusPath}/${newTaskId()}`, 'DELETE, GET, HEAD, OPTIONS'],
    ['DELETE', '/healthz', 'GET, HEAD, OPTIONS'],
    ['POST', '/api/webhooks/secret', 'GET, HEAD, OPTIONS'],
    ['PUT', '/api/webhooks/replay', 'OPTIONS, POST'],
    ['PUT', '/api/webhooks/we_1', 'DELETE, GET, HEAD, OPTIONS, PATCH'],
    ['PROPFIND', '/', 'GET, HEAD, OPTIONS'],
  ])('of %s %s is 405 and says what is allowed', async (method, target, allow) => {
    const answer = await rawCall(server.url, { target, method, headers: { authorization: adminKey } });
    expect(refusalOf(answer).code).toBe(405);
    expect(answer.headers.get('allow')).toBe(allow);
  });

  test.each([
    ['that HTTP/1.1 demands a Host of', 400, '', ''],
    ['that expects what nobody can do', 417, 'Host: x\r\nExpect: a banana\r\n', ''],
    ['whose headers are too large', 431, `Host: x\r\nX: ${'x'.repeat(20_000)}\r\n`, ''],
    ['whose method is none', 400, 'Host: x\r\n', 'BANANA'],
  ])('of a request %s is %i, with the sentence in message as in msg', async (_, status, headers, method) => {
    const head = `${method || 'GET'} ${statusPath}/${newTaskId()} HTTP/1.1\r\n${headers}`;
    const answer = await rawExchange(server.url, `${head}Connection: close\r\n\r\n`);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const body = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1)) as ErrorEnvelope;
    expect(body).toMatchObject({
      code: status,
      msg: expect.stringMatching(/\.$/),
      message: body.msg,
      data: null,
    });
    expect(body.error).toMatchObject({ type: 'invalid_request', message: body.msg });
  });

  test('of a wrong method with a body of a strange type is 405 as well', async () => {
    const headers = { 'content-type': 'nonsense' };
    expect(refusalOf(await server.call(statusPath, { method: 'PUT', headers, body: 'x' })).code).toBe(405);
  });

  test('of a body over the limit is 413, announced or not', async () => {
    const large = new Uint8Array(2_000_001).fill(0x20);
    expect(refusalOf(await post(large, { 'content-type': 'application/json' })).code).toBe(413);
    const stream = new Blob([large]).stream();
    const chunked = await fetch(server.url + statusPath, {
      method: 'POST',
      headers: { authorization: adminKey },
      body: stream,
      duplex: 'half',
    });
    expect(chunked.status).toBe(413);
    expect(await chunked.json()).toMatchObject({ code: 413, data: null, error: { type: 'too_large' } });
  });
});

test('a server that stops answers 503 to a submit, with the time to wait, and still answers queries', async () => {
  const stopping = await startServer({ SHUTDOWN_GRACE_SECONDS: '20' });
  const id = await stopping.submit({ prompt: '[[delay 700ms]]' });
  await stopping.until(id, ({ state }) => state === 'running');
  const stopped = stopping.stop();
  const answer = await stopping.post({ prompt: 'late' });
  expect(refusalOf(answer).code).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await stopping.task(id)).state).toBe('running');
  await stopped;
});

test('a full queue answers 503 with the time to wait', async () => {
  const full = await startServer({ MAX_PENDING: '1', CONCURRENCY: '1' });
  const running = await full.submit({ prompt: '[[hang]]' });
  await full.until(running, ({ state }) => state === 'running');
  // One that runs has left the queue, and another fills it for good: as soon as the queue is counted again.
  await expect.poll(async () => (await full.post({ prompt: '[[hang]]' })).status).toBe(200);
  const answers = await Promise.all([1, 2, 3].map(() => full.post({ prompt: '[[hang]]' })));
  const refused = answers.filter(({ status }) => status !== 200);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) {
    expect(refusalOf(answer).code).toBe(503);
    expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  }
  const { status, body } = await full.call<{ message: string; reasons: string[] }>('/readyz', { key: null });
  expect([status, body.message]).toEqual([503, body.reasons.join(' ')]);
  expect(body.reasons).toHaveLength(1);
});

test('a fault of our own answers 500 with a request id that finds it in the log, and nothing else of it', async () => {
  const logged: unknown[] = [];
  const app = createApp({
    statusFastPath: () => false,
    callerAddress: () => '"127.0.0.1"',
    emit: (...event) => void logged.push(event),
    faces: [
      (scope) => {
        scope.get('/sync', () => {
          throw new TypeError('inner detail AIzaSyDUMMYdummyDUMMYdummy');
        });
        scope.get('/async', async () => Promise.reject(new Error('inner detail')));
        scope.get('/no-error', () => {
          throw 'inner detail';
        });
        for (const type of ['budget_exhausted', 'conflict', 'rate_limited'] satisfies RequestErrorType[])
          scope.get(`/${type}`, () => {
            throw new RequestError(type, 'No.', { retryAfterSeconds: 3 });
          });
      },
    ],
  });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  try {
    for (const target of ['/sync', '/async', '/no-error']) {
      const answer = await rawCall(url, { target });
      const { error } = refusalOf(answer, 500);
      expect(answer.text).not.toContain('inner');
      expect(JSON.stringify(logged.at(-1))).toContain(error.request_id);
      expect(JSON.stringify(logged.at(-1))).toContain('inner detail');
    }
    expect(JSON.stringify(logged)).not.toContain('AIza');
    for (const [type, status] of [
      ['budget_exhausted', 402],
      ['conflict', 409],
      ['rate_limited', 429],
    ] as const) {
      const answer = await rawCall(url, { target: `/${type}` });
      expect(answer).toMatchObject({ status, body: { code: status, error: { type } } });
      expect(answer.headers.get('retry-after')).toBe('3');
    }
  } finally {
    await app.close();
  }
});

describe('a browser', () => {
  test.each([statusPath, `${statusPath}/${newTaskId()}`, '/v1/tasks/x', '/files/x/y', '/nothing'])(
    'may ask before it calls %s',
    async (path) => {
      const answer = await server.call(path, {
        method: 'OPTIONS',
        key: null,
        headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
      });
      expect(answer).toMatchObject({ status: 204, text: '' });
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
      expect(answer.headers.get('access-control-allow-headers')).toMatch(/Authorization, Content-Type/);
      expect(answer.headers.get('access-control-expose-headers')).toBeNull();
    },
  );

  test('may read every answer, whichever way it was made', async () => {
    const id = await server.submit({ prompt: '[[fail no_image]]', deadline_seconds: 60 });
    for (const path of [
      `${statusPath}/${id}`,
      `${statusPath}/${id}?x`,
      `/v1/tasks/${id}`,
      '/',
      '/healthz',
      '/readyz',
      '/openapi.json',
      '/files/a/b',
    ]) {
      const answer = await server.call(path);
      expect(answer.headers.get('access-control-allow-origin'), path).toBe('*');
      if (path === `${statusPath}/${id}`) continue;
      const exposed = answer.headers.get('access-control-expose-headers')?.split(', ');
      for (const name of [
        'Retry-After',
        'X-Request-Id',
        'Allow',
        'ETag',
        'Content-Range',
        'Content-Disposition',
      ])
        expect(exposed, path).toContain(name);
    }
    const malformed = await rawExchange(server.url, 'BANANA\r\n\r\n');
    expect(malformed).toMatch(/\r\nAccess-Control-Expose-Headers: .*X-Request-Id/);
  });
});
