import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TaskErrorType } from '../../core/errors.ts';
import type { UpstreamRequest } from '../../core/upstreams/upstream.ts';
import { contextOf, failureOf, requestFor, taskErrorOf } from '../faults.fixture.ts';
import type { Reply } from '../loopback.fixture.ts';
import {
  nanoBananaHarness,
  openNanoBanana,
  refusalReply,
  successReply,
  taskId,
  vendorRefusal,
} from './nano-banana.fixture.ts';
import type { NanoBananaLoopback } from './nano-banana.fixture.ts';

const request = requestFor('nano-banana-2.1', { aspectRatio: 'auto' });
const picture = { bytes: Buffer.from('picture'), contentType: 'image/png', width: 1, height: 1 };

let server: NanoBananaLoopback;
beforeEach(async () => {
  server = await openNanoBanana();
});
afterEach(() => server.close());

/** Why a submit fails that is answered like this. */
async function refusedBy(reply: Reply, inputs: UpstreamRequest['inputs'] = []) {
  server.answer('start', reply);
  return await failureOf(server.create().start({ ...request, inputs }, contextOf()));
}

const { refusals } = nanoBananaHarness;

describe('a submit', () => {
  const meant: [name: keyof typeof refusals, expected: object][] = [
    ['rate limit with a delay', { type: 'upstream_rate_limited', retryable: true, retryAfterMs: 7_000 }],
    ['rate limit without a delay', { type: 'upstream_rate_limited', retryable: true, upstreamReason: '429' }],
    ['no credit', { type: 'upstream_billing', retryable: false, upstreamReason: '402 budget_exhausted' }],
    ['key refused', { type: 'upstream_auth', retryable: false }],
    ['key without the right', { type: 'upstream_auth', retryable: false }],
    ['key refused by a 400', { type: 'upstream_auth', retryable: false }],
    ['bad request', { type: 'upstream_bad_request', retryable: false }],
    ['model unknown', { type: 'upstream_bad_request', retryable: false, modelUnknown: true }],
    ['internal error', { type: 'upstream_unavailable', retryable: true }],
    ['overloaded', { type: 'upstream_unavailable', retryable: true }],
  ];

  test.each(meant)('refused (%s) costs nothing', async (name, expected) => {
    const failure = await refusedBy(refusals[name] ?? {});
    expect(failure).toMatchObject(expected);
    expect(failure).not.toHaveProperty('maybeBilled');
    expect(failure.modelUnknown).toBe(name === 'model unknown' ? true : undefined);
  });

  test.each(meant)('is refused (%s) by the code alone as by the status', async (name, expected) => {
    const { body, headers = {} } = refusals[name] ?? {};
    expect(await refusedBy({ status: 200, headers, body })).toMatchObject(expected);
  });

  test('is left alone by a server with a full queue for as long as that asks', async () => {
    const headers = { 'retry-after': '10' };
    expect(await refusedBy(refusalReply(503, 'overloaded', 'The queue is full.', { headers }))).toMatchObject(
      {
        type: 'upstream_unavailable',
        retryAfterMs: 10_000,
      },
    );
  });

  test('is refused by the status alone, whatever the code says', async () => {
    const body = { code: 200, msg: 'success', data: { task_id: taskId } };
    expect(await refusedBy({ status: 401, body })).toMatchObject({ type: 'upstream_auth' });
  });

  test.each([
    ['提示词包含敏感内容，请修改', 'content_rejected'],
    ['图片内容违规', 'content_rejected'],
    ['内容审核未通过', 'content_rejected'],
    ['Request blocked: PROHIBITED_CONTENT', 'content_rejected'],
    ['your prompt violates our usage policies', 'content_rejected'],
    ['可用点数不足', 'upstream_billing'],
    ['账户余额不足', 'upstream_billing'],
    ['该令牌额度已用尽', 'upstream_billing'],
    ['Insufficient balance', 'upstream_billing'],
    ['鉴权失败，请提供 API Key', 'upstream_auth'],
    ['无效的令牌', 'upstream_auth'],
    ['操作过于频繁', 'upstream_rate_limited'],
    ['fail_to_submit_task', 'upstream_bad_request'],
    ['参数错误', 'upstream_bad_request'],
  ] satisfies [string, TaskErrorType][])('refused with the words %s is %s', async (words, type) => {
    expect(await refusedBy(vendorRefusal(400, words))).toMatchObject({
      type,
      upstreamReason: '400',
      message: expect.stringContaining(`Nano-banana said: "${words}"`),
    });
    // A number that is no HTTP status is a refusal of the request as well.
    expect(await refusedBy(vendorRefusal(10_001, words))).toMatchObject({ type });
  });

  test('refused by a Plantain means what its type says, whatever its words', async () => {
    const words = 'The request is not valid: prompt must follow the content policy of your API key.';
    expect(await refusedBy(refusalReply(400, 'invalid_request', words))).toMatchObject({
      type: 'upstream_bad_request',
    });
    expect(await refusedBy(refusalReply(422, 'input_unreachable', 'Not a picture.'))).toMatchObject({
      type: 'input_unreachable',
      retryable: false,
    });
  });

  test.each([
    vendorRefusal(400, 'fail_to_submit_task'),
    { status: 422, body: { detail: 'image_urls must be links' } },
    { status: 403, body: '<html>blocked by the firewall</html>' },
  ])('with pictures, refused by a server that takes links only, is explained so', async (reply) => {
    expect(await refusedBy(reply, [picture])).toMatchObject({
      type: 'upstream_bad_request',
      retryable: false,
      message: expect.stringContaining('data: URIs'),
    });
    expect((await refusedBy(reply)).message).not.toContain('data: URIs');
  });

  test.each([
    { body: '<html>welcome</html>' },
    { body: {} },
    { status: 204, body: '' },
    successReply(null),
    successReply({ task_id: '' }),
    successReply({ task_id: '..' }),
    successReply({ task_id: 'x'.repeat(201) }),
    { body: { code: 200, msg: '任务提交成功', data: null } },
  ])('answered with nothing to ask after (%j) may have made a picture, and is kept', async (reply) => {
    server.answer('start', reply);
    const { failure, answer } = await taskErrorOf(server.create().start(request, contextOf()));
    expect(failure).toMatchObject({ type: 'upstream_unavailable', maybeBilled: true, answered: true });
    expect(failure).not.toHaveProperty('unknownOutcome');
    const sent = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body);
    expect(answer).toMatchObject({ status: reply.status ?? 200, bytes: Buffer.from(sent) });
  });

  test('answered by the page of a gateway may have made a picture', async () => {
    expect(await refusedBy({ status: 502, body: '<html>502</html>' })).toMatchObject({
      type: 'upstream_unavailable',
      retryable: true,
      maybeBilled: true,
      unknownOutcome: true,
    });
  });

  test('is not judged by the prompt that the refusal repeats', async () => {
    server.answer('start', vendorRefusal(400, '参数错误: a sensitive plantain'));
    const prompt = 'a sensitive plantain';
    const started = server.create().start({ ...request, prompt }, contextOf({ prompt }));
    expect(await failureOf(started)).toMatchObject({ type: 'upstream_bad_request' });
  });

  test('gives away neither the key nor the prompt', async () => {
    const failure = await refusedBy(vendorRefusal(400, `no: ${server.key} wants ${request.prompt}`));
    expect(failure.message).toContain('no: [removed] wants [removed]');
    expect(JSON.stringify(failure)).not.toMatch(/configured-key|secret plantain/);
  });
});
