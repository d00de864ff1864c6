import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import {
  BudgetExhaustedError,
  AuthenticationError,
  ConflictError,
  ConnectionError,
  ForbiddenError,
  InvalidRequestError,
  NotFoundError,
  PlantainError,
  RateLimitedError,
  TimeoutError,
  UnexpectedAnswerError,
  UnsupportedError,
} from '../errors.ts';
import { type Answerer, envelope, type FarSide, sendJson, startFarSide } from '../far-side.fixture.ts';
import { deadlines } from './deadline.ts';
import { type Call, createRequester, mayBeDone, type RequesterOptions } from './request.ts';

const apiKey = 'plantain_secret_of_a_test';
const soon = { 'Retry-After': '0.01' };

function requesterOf({ url }: Pick<FarSide, 'url'>, options: Partial<RequesterOptions> = {}) {
  return createRequester({
    baseUrl: url,
    apiKey,
    headers: {},
    fetch,
    timeoutMs: 5_000,
    maxRetries: 5,
    random: () => 0,
    deadlines,
    ...options,
  });
}

/** Makes one call to a server that answers so. */
async function callWith(answer: Answerer, call: Partial<Call> = {}, options?: Partial<RequesterOptions>) {
  const side = await startFarSide(answer);
  const outcome: unknown = await requesterOf(side, options)
    .request<{ member: number }>('member', { path: '/api', ...call })
    .catch((error: unknown) => error);
  return { side, outcome };
}

const refuse =
  (status: number, headers: Record<string, string> = soon): Answerer =>
  (_seen, response) =>
    sendJson(response, status, envelope(status, null, 'No.'), headers);

/** The first answers fail so, and what follows succeeds. */
function failing(times: number, fail: (response: ServerResponse) => unknown): Answerer {
  let left = times;
  return (_seen, response) => {
    if (left-- > 0) return fail(response);
    return sendJson(response, 200, envelope(200, { member: 1 }));
  };
}

test('passing failures are tried again, and a submit is the same submit each time', async () => {
  for (const status of [408, 429, 500, 502, 503, 504]) {
    const fail = (response: ServerResponse) =>
      sendJson(response, status, envelope(status, null, 'No.'), soon);
    const call = { method: 'POST', json: { prompt: 'x' }, headers: { 'Idempotency-Key': 'one' } } as const;
    const { side, outcome } = await callWith(failing(2, fail), call);
    expect(outcome).toMatchObject({ data: { member: 1 } });
    const sent = side.seen.map(({ headers, body }) => `${String(headers['idempotency-key'])} ${body}`);
    expect(sent).toEqual(Array(3).fill('one {"prompt":"x"}'));
  }
});

test('a connection that is cut before or within the answer is tried again', async () => {
  const cutLate = (response: ServerResponse) => {
    response.writeHead(200, { 'Content-Length': '100' }).write('{"code":200,', () => response.destroy());
  };
  for (const cut of [(response: ServerResponse) => response.destroy(), cutLate]) {
    const { side, outcome } = await callWith(failing(1, cut));
    expect(outcome).toMatchObject({ data: { member: 1 } });
    expect(side.seen).toHaveLength(2);
  }
});

test('after as many retries as are allowed, the last failure is the error', async () => {
  const { side, outcome } = await callWith(refuse(503), {}, { maxRetries: 2 });
  expect(outcome).toMatchObject({ name: 'ApiError', status: 503, message: 'No.', retryAfterSeconds: 0.01 });
  expect(side.seen).toHaveLength(3);
});

test('what is to be done once is tried again only where the server has done nothing', async () => {
  const counts: number[] = [];
  for (const status of [429, 503, 500, 502]) {
    const { side } = await callWith(refuse(status), { method: 'POST', once: true }, { maxRetries: 1 });
    counts.push(side.seen.length);
  }
  const cut: Answerer = (_seen, response) => response.destroy();
  counts.push((await callWith(cut, { method: 'POST', once: true })).side.seen.length);
  expect(counts).toEqual([2, 2, 1, 1, 1]);
});

test('a call may be done although it failed only where the answer of one of its tries was lost', async () => {
  const answers = (statuses: readonly number[]): Answerer => {
    let at = 0;
    return (...exchange) => refuse(statuses[at++] ?? 0)(...exchange);
  };
  for (const [statuses, mayBe] of [
    [[429], false],
    [[503, 429], false],
    [[502, 429], true],
    [[429, 502], true],
    [[400], false],
  ] as const) {
    const { outcome } = await callWith(answers(statuses), {}, { maxRetries: statuses.length - 1 });
    expect([statuses, mayBeDone(outcome)]).toEqual([statuses, mayBe]);
  }
});

test('a server that asks for more than a minute is not waited for', async () => {
  const { side, outcome } = await callWith(refuse(429, { 'Retry-After': '3600' }));
  expect(outcome).toBeInstanceOf(RateLimitedError);
  expect(outcome).toMatchObject({ retryAfterSeconds: 3600 });
  expect(side.seen).toHaveLength(1);
});

test('each refusal is an error of its class, with all that the server says of it', async () => {
  const classes = new Map<number, unknown>([
    [400, InvalidRequestError],
    [401, AuthenticationError],
    [402, BudgetExhaustedError],
    [403, ForbiddenError],
    [404, NotFoundError],
    [409, ConflictError],
    [413, InvalidRequestError],
    [415, InvalidRequestError],
    [422, InvalidRequestError],
  ]);
  for (const [status, Class] of classes) {
    const error = {
      type: 'conflict',
      message: 'Why.',
      request_id: 'req_1',
      details: [{ path: 'a', message: 'b' }],
    };
    const { side, outcome } = await callWith((_seen, response) =>
      sendJson(response, status, { ...envelope(status, null, 'Why.'), error }),
    );
    expect((outcome as Error).constructor).toBe(Class);
    expect(outcome).toMatchObject({
      status,
      type: 'conflict',
      message: 'Why.',
      requestId: 'req_1',
      details: [{ path: 'a', message: 'b' }],
    });
    expect(side.seen).toHaveLength(1);
  }
});

test('a refusal by a budget says what is left and when it begins anew, and by anything odd nothing', async () => {
  const refusal = (details: unknown) =>
    callWith((_seen, response) =>
      sendJson(response, 402, {
        ...envelope(402, null, 'Spent.'),
        error: { type: 'budget_exhausted', message: 'Spent.', request_id: 'r', details },
      }),
    );
  const limit = {
    path: '',
    message: 'Spent.',
    of: 'owner',
    id: 'own_1',
    limit: 'budget',
    limit_micro_usd: 100,
    spent_micro_usd: 60,
    reserved_micro_usd: 50,
    resets_at: '1796079600',
    fits: 0,
  };
  const { outcome } = await refusal([limit]);
  expect(outcome).toBeInstanceOf(BudgetExhaustedError);
  expect(outcome).toMatchObject({ limit, leftMicroUsd: -10, resetsAt: new Date(1_796_079_600_000) });
  for (const odd of [
    [null],
    ['x'],
    [{ limit: 'budget' }],
    [{ ...limit, resets_at: 'soon', limit_micro_usd: null }],
  ])
    expect((await refusal(odd)).outcome).toMatchObject({ resetsAt: null });
});

test('a failure inside an HTTP 200 is one, whatever number it has', async () => {
  const said: [unknown, number][] = [
    [401, 401],
    ['404', 404],
    [-1, 400],
    [10_001, 400],
  ];
  for (const [code, status] of said) {
    const { outcome } = await callWith((_seen, response) =>
      sendJson(response, 200, { ...envelope(200, { member: 1 }, '失败'), code }),
    );
    expect(outcome).toMatchObject({ status, message: '失败', type: undefined });
  }
});

test('a page, an empty answer and an answer to something else are no answers of this API', async () => {
  for (const body of [
    '<html>Welcome</html>',
    '',
    '[]',
    'null',
    '{"ok":true}',
    '{"code":200,"data":{"other":1}}',
    '{"code":{"toString":0},"data":{}}',
  ]) {
    const { outcome } = await callWith((_seen, response) => response.end(body));
    expect(outcome).toBeInstanceOf(UnexpectedAnswerError);
    expect(outcome).toMatchObject({ status: 200, hint: expect.stringContaining('baseUrl') });
  }
});

test('a call that the server lacks says so, and a thing that it lacks is not found', async () => {
  const feature = 'cancel a task';
  for (const status of [404, 405, 501]) {
    const { outcome } = await callWith(refuse(status), { feature }, { maxRetries: 0 });
    expect(outcome).toBeInstanceOf(UnsupportedError);
    expect(outcome).toMatchObject({ message: expect.stringContaining(feature) });
  }
  const error = { type: 'not_found', message: 'No such task.', request_id: 'req_1' };
  const ofPlantain: Answerer = (_seen, response) =>
    sendJson(response, 404, { ...envelope(404, null), error });
  expect((await callWith(ofPlantain, { feature })).outcome).toBeInstanceOf(NotFoundError);
});

test('the key is in no error, even where the server repeats it', async () => {
  const secret = 'sk-a.very+secret key';
  const { side, outcome } = await callWith(
    ({ headers }, response) =>
      sendJson(response, 401, envelope(401, null, `Bad key ${headers.authorization}.`)),
    {},
    { apiKey: secret },
  );
  expect(side.seen[0]?.headers.authorization).toBe(secret);
  expect(outcome).toMatchObject({ message: 'Bad key [the key].' });
  expect(`${(outcome as Error).stack} ${JSON.stringify(outcome)}`).not.toContain(secret);
});

test('each try has a deadline, of its headers and of its body', async () => {
  const stalls: Answerer[] = [() => {}, (_seen, response) => response.writeHead(200).write('{')];
  for (const stall of stalls) {
    const { side, outcome } = await callWith(stall, { timeoutMs: 50 }, { maxRetries: 1 });
    expect(outcome).toBeInstanceOf(TimeoutError);
    expect(side.seen).toHaveLength(2);
  }
});

test('the caller’s signal ends a call and its pause with its own reason, and nothing is tried after it', async () => {
  const reason = new Error('enough');
  const calling = new AbortController();
  const waiting = await callWith(() => calling.abort(reason), { signal: calling.signal });
  expect([waiting.outcome, waiting.side.seen.length]).toEqual([reason, 1]);

  const pausing = new AbortController();
  const { outcome, side } = await callWith(
    (_seen, response) => {
      response.on('close', () => setImmediate(() => pausing.abort(reason)));
      sendJson(response, 503, envelope(503, null, 'No.'), { 'Retry-After': '30' });
    },
    { signal: pausing.signal },
  );
  expect([outcome, side.seen.length]).toEqual([reason, 1]);

  const never = await callWith(refuse(500), { signal: AbortSignal.abort(reason) });
  expect([never.outcome, never.side.seen.length]).toEqual([reason, 0]);
});

test('where nothing listens, the error says what the system says', async () => {
  const error: unknown = await requesterOf({ url: 'http://127.0.0.1:2' }, { maxRetries: 0 })
    .request<{ member: 1 }>('member', { path: '/' })
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConnectionError);
  expect((error as PlantainError).message).toContain("can't be reached at http://127.0.0.1:2,");
  expect((error as PlantainError).message).toContain('ECONNREFUSED');
});

test('where http is spoken and https was asked for, the error says so', async () => {
  const side = await startFarSide(() => {});
  const error: unknown = await requesterOf({ url: side.url.replace('http:', 'https:') }, { maxRetries: 0 })
    .request<{ member: 1 }>('member', { path: '/' })
    .catch((thrown: unknown) => thrown);
  expect((error as PlantainError).message).toContain('speaks http, not https');
});

test('a time-out names the address that did not answer', async () => {
  const side = await startFarSide(() => {});
  await expect(
    requesterOf(side, { maxRetries: 0, timeoutMs: 50 }).request<{ member: 1 }>('member', { path: '/' }),
  ).rejects.toThrow(`at ${side.url} has not answered within 0.05 seconds`);
});

test('where there is nothing at the path, and the address has one of its own, the hint is that address', async () => {
  const side = await startFarSide((_seen, response) =>
    sendJson(response, 404, {
      ...envelope(404, null, 'There is nothing at this path.'),
      error: { type: 'not_found', message: 'There is nothing at this path.' },
    }),
  );
  const hintOf = async (url: string) =>
    await requesterOf({ url })
      .request<{ member: 1 }>('member', { path: '/api/gemini/nano-banana' })
      .catch((thrown: unknown) => (thrown as PlantainError).hint);
  expect(await hintOf(`${side.url}/v1`)).toMatch(
    /baseUrl is everything before \/api\/gemini\/nano-banana.*\/v1/,
  );
  expect(await hintOf(side.url)).not.toContain('baseUrl');
});

test('a link is called without the key, and what it leads to may be no larger than the limit', async () => {
  const side = await startFarSide(({ path }, response) => {
    if (path === '/gone') response.writeHead(404).end('<Error/>');
    else response.writeHead(200, { 'Content-Type': 'image/png' }).end('12345678');
  });
  const { bytes } = requesterOf({ url: 'http://127.0.0.1:2' });
  const blob = await bytes({ path: `${side.url}/picture` }, 8);
  expect([blob.type, await blob.text(), side.seen[0]?.headers.authorization]).toEqual([
    'image/png',
    '12345678',
    undefined,
  ]);
  await expect(bytes({ path: `${side.url}/picture` }, 7)).rejects.toThrow(/more than 7 bytes/);
  await expect(bytes({ path: `${side.url}/gone` }, 8)).rejects.toThrow(NotFoundError);
});
