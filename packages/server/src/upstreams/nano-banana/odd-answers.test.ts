// Answers of servers that say the same in another form than the document has: what was paid for is taken out of them.

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TaskErrorType } from '../../core/errors.ts';
import { contextOf, failureOf, operationFor, pollOf, requestFor, taskErrorOf } from '../faults.fixture.ts';
import { smallPng } from '../png.fixture.ts';
import { linkPath, openNanoBanana, successReply, taskData, taskId } from './nano-banana.fixture.ts';
import type { NanoBananaLoopback } from './nano-banana.fixture.ts';

const request = requestFor('nano-banana-2.1', { aspectRatio: 'auto' });

let server: NanoBananaLoopback;
beforeEach(async () => {
  server = await openNanoBanana();
});
afterEach(() => server.close());

async function submitted(body: unknown) {
  server.answer('start', { body });
  return (await operationFor(server.create(), request)).operation;
}

async function queried(body: unknown) {
  server.answer('poll', { body });
  return await pollOf(server.create(), { taskId });
}

const link = () => server.url + linkPath;

describe('a submit', () => {
  test.each([
    ['{"code":200,"data":{"task_id":17}}', '17'],
    ['{"code":200,"data":{"task_id":1234567890123456789}}', '1234567890123456789'],
    ['{"code":200,"data":{"taskId":"a-1"}}', 'a-1'],
    ['{"code":200,"data":{"id":"a-1"}}', 'a-1'],
    ['{"code":200,"data":"a-1"}', 'a-1'],
    ['{"code":200,"data":17}', '17'],
    ['{"code":200,"data":[{"task_id":"a-1"}]}', 'a-1'],
    ['{"code":200,"data":{"data":{"task_id":"a-1"}}}', 'a-1'],
    ['{"task_id":"a-1"}', 'a-1'],
    ['{"id":"a-1"}', 'a-1'],
    ['{"code":1,"msg":"ok","data":{"task_id":"a-1"}}', 'a-1'],
    ['{"code":"0","data":{"task_id":"a-1"}}', 'a-1'],
    ['{"code":"success","data":{"task_id":"a-1"}}', 'a-1'],
    ['{"code":200,"data":{"task_id":"../../admin"}}', '../../admin'],
    ['{"code":200,"data":{"task_id":"a b/c?d#é"}}', 'a b/c?d#é'],
    ['data: {"code":200,"data":{"task_id":"a-1"}}\n\n', 'a-1'],
  ])('answered with %s named a task, which is asked after as one segment of the path', async (body, id) => {
    const operation = await submitted(body);
    expect(operation).toEqual({ taskId: id });
    await pollOf(server.create(), operation).catch(() => null);
    expect(server.seen('poll')[0]?.path).toBe(`/api/gemini/nano-banana/${encodeURIComponent(id)}`);
  });

  test('that is answered with the picture itself is not made again', async () => {
    const operation = await submitted({ code: 200, msg: 'success', data: { images: [{ url: link() }] } });
    expect(await pollOf(server.create(), operation)).toMatchObject({ pictures: [smallPng] });
    expect(server.seen('poll')).toEqual([]);
  });

  test('that is answered with a stream is not asked after where its last event has the picture', async () => {
    const events = [
      { id: 'a-1', status: 'running', results: [] },
      { id: 'a-1', status: 'succeeded', results: [{ url: link() }] },
    ];
    const body = events.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('');
    expect(await pollOf(server.create(), await submitted(body))).toMatchObject({ pictures: [smallPng] });
    expect(server.seen('poll')).toEqual([]);
  });

  test.each<[TaskErrorType, unknown]>([
    ['upstream_billing', { code: 200, msg: '账户余额不足', data: null }],
    ['upstream_billing', { code: 500, msg: '积分不足，请充值' }],
    ['upstream_rate_limited', { code: 50_430, message: 'Request Has Reached API Concurrent Limit' }],
    ['upstream_unavailable', { code: 0, msg: '系统繁忙，请稍后再试', data: null }],
    ['upstream_unavailable', { code: 455, msg: 'The system is undergoing maintenance' }],
    ['upstream_unavailable', { code: 23, description: '队列已满，请稍后尝试', result: null }],
    ['content_rejected', { code: 24, description: '可能包含敏感词', result: null }],
    ['upstream_billing', { code: '402', message: 'No.' }],
    [
      'upstream_billing',
      { error: { message: 'No.', type: 'new_api_error', code: 'insufficient_user_quota' } },
    ],
    ['upstream_billing', { success: false, message: 'Your credits are not enough' }],
    ['upstream_rate_limited', { success: false, error: 'Too many requests' }],
    ['upstream_rate_limited', { code: 'rate_limit_exceeded', message: 'Slow down.' }],
    ['upstream_rate_limited', { error: { code: 429, message: 'Slow down.' } }],
    ['upstream_billing', { code: 429, msg: 'Your project has exceeded its monthly spending cap.' }],
    ['upstream_quota', { code: 429, msg: '今日免费额度已用完' }],
    ['upstream_quota', { code: 400, msg: 'You have reached the limit of 50 images per day' }],
    ['upstream_auth', { code: 403, msg: 'Your API key does not have access to the model' }],
    ['upstream_unavailable', { code: 429, msg: '当前分组上游负载已饱和，请稍后再试' }],
    ['upstream_auth', { code: -1, msg: '无效的令牌' }],
    ['upstream_auth', { code: 401, errorMessage: 'No.' }],
    ['upstream_unavailable', { error: { code: 'server_error', message: 'Something broke.' } }],
    ['content_rejected', { code: 'content_policy_violation', message: 'No.' }],
    ['content_rejected', { success: false, msg: 'NSFW content detected' }],
    ['upstream_bad_request', { code: 10_001, msg: '参数错误', data: null }],
    ['upstream_bad_request', { code: 400, msg: "moderation: invalid value 'none'" }],
    ['upstream_bad_request', { code: 400, msg: 'safety_filter_level must be one of low, high' }],
  ])('is refused (%s) by %j, in its words', async (type, body) => {
    server.answer('start', { body });
    const failure = await failureOf(server.create().start(request, contextOf()));
    expect(failure.type).toBe(type);
    expect(failure.message).toContain('Nano-banana said: "');
    expect(failure).not.toHaveProperty('answered');
    expect(failure).not.toHaveProperty('maybeBilled');
  });
});

describe('a task', () => {
  test.each([
    () => taskData('succeeded', { data: { images: [link()] } }),
    () =>
      taskData('succeeded', {
        data: { images: [{ url: new URL(link()).pathname + new URL(link()).search }] },
      }),
    () => taskData('succeeded', { data: { images: { 0: { url: link() } } } }),
    () => taskData('succeeded', { data: [{ url: link() }] }),
    () => taskData('succeeded', { data: { image_urls: [link()] } }),
    () => taskData('succeeded', { data: null, image_urls: [link()] }),
    () => taskData('succeeded', { data: null, urls: link() }),
    () => taskData('succeeded', { data: link() }),
    () => taskData('succeeded', { data: null, output: { imageUrl: link() } }),
    () => taskData('SUCCESS', { data: null, results: [link()] }),
    () => taskData('TASK_STATUS_SUCCEED', { data: { images: [link()] } }),
    () => taskData('Ready', { data: null, result: { sample: link() } }),
    () => ({ task: { task_id: taskId, status: 'TASK_STATUS_SUCCEED' }, images: [{ image_url: link() }] }),
    () => ({ taskId, successFlag: 1, response: { resultUrls: [link()] } }),
    () => ({ output: { task_id: taskId, task_status: 'SUCCEEDED', results: [{ url: link() }] } }),
    () => taskData('succeeded', { data: { images: [{ url: `${link()}&amp;blank=a b` }] } }),
    () => ({ task_id: taskId, status: 'finished', resultUrl: link() }),
    () => ({ taskId, state: 'success', resultJson: JSON.stringify({ resultUrls: [link()] }) }),
    () => ({ task_id: taskId, status: 2, images: [link()] }),
    () => ({ task: { state: 'completed', result: { url: link() } } }),
    () => ({ images: [{ url: link() }] }),
    () => [{ state: 'succeeded', data: { images: [{ url: link() }] } }],
    () => taskData('succeeded', { data: { images: [{ b64_json: smallPng.toString('base64') }] } }),
  ])('%s has its picture', async (data) => {
    expect(await queried({ code: 200, msg: 'success', data: data() })).toMatchObject({
      pictures: [smallPng],
    });
  });

  test.each([
    () => ({ id: taskId, state: 'succeeded', data: { images: [{ url: link() }] } }),
    () => ({ status: 'succeeded', images: [link()] }),
    () => ({ success: true, data: { state: 'succeeded', images: [link()] } }),
  ])('without the envelope (%s) is read', async (body) => {
    expect(await queried(body())).toMatchObject({ pictures: [smallPng] });
  });

  test('relative links lead on from the address that was asked', async () => {
    const data = { images: [{ url: `../../..${linkPath}` }] };
    expect(await queried(successReply(taskData('succeeded', { data })).body)).toMatchObject({
      pictures: [smallPng],
    });
  });

  test.each([
    taskData('SUBMITTED'),
    { task_id: taskId, status: 'queueing' },
    { task_id: taskId, status: 1, msg: '处理中' },
    { task_id: taskId, status: 3 },
  ])('in the state %j goes on', async (data) => {
    expect(await queried({ code: 200, msg: 'success', data })).toEqual({});
  });

  test('is not over because the call for it was a success', async () => {
    server.answer('poll', { body: { status: 'success', data: { task_id: taskId, progress: 0.5 } } });
    const { failure } = await taskErrorOf(pollOf(server.create(), { taskId }));
    expect(failure).toMatchObject({ upstreamReason: 'unreadable answer', retryable: true });
  });

  test.each([
    [taskData('FAILURE', { failReason: '图片违规' }), 'content_rejected', '图片违规'],
    [
      taskData('error', { msg: '', error: 'The prompt was blocked by our safety system.' }),
      'content_rejected',
      'blocked',
    ],
    [taskData('error', { msg: '内容违规，本次不会扣费' }), 'content_rejected', '不会扣费'],
    [taskData('SENSITIVE_WORD_ERROR', { msg: '' }), 'content_rejected', 'SENSITIVE_WORD_ERROR'],
    [taskData('Content Moderated', { msg: '' }), 'content_rejected', 'Content Moderated'],
    [
      taskData('failed', { msg: '', error: { code: 'content_policy_violation', message: 'Rejected.' } }),
      'content_rejected',
      'Rejected',
    ],
    [
      { id: taskId, status: 'failed', failure_reason: 'output_moderation', error: '' },
      'content_rejected',
      'output_moderation',
    ],
    [
      {
        taskId,
        successFlag: 3,
        errorCode: 400,
        errorMessage: 'Your prompt was flagged by our content policy.',
      },
      'content_rejected',
      'flagged',
    ],
    [
      { output: { task_id: taskId, task_status: 'FAILED', code: 'DataInspectionFailed', message: 'No.' } },
      'content_rejected',
      'No',
    ],
    [
      taskData('succeeded', { data: null, results: [{ code: 'E', message: 'NSFW content detected' }] }),
      'content_rejected',
      'NSFW',
    ],
    [taskData('succeeded', { data: { images: [], description: 'I can not.' } }), 'no_image', 'I can not'],
    [taskData('Cancelled', { message: 'Stopped by hand.' }), 'upstream_unavailable', 'Stopped by hand.'],
    [{ task_id: taskId, status: 2, errorMessage: 'GPU lost' }, 'upstream_unavailable', 'GPU lost'],
    [
      taskData('failed', { msg: 'safety_tolerance must be between 0 and 6' }),
      'upstream_bad_request',
      'between 0',
    ],
  ])('that failed (%j) says why', async (data, type, words) => {
    const ended = await queried({ code: 200, msg: 'success', data });
    if (!('failure' in ended)) throw new Error('The task has not failed.');
    expect(ended.failure.type).toBe(type);
    expect(ended.failure.message).toMatch(new RegExp(`Nano-banana said: ".*${words}`));
  });

  test('whose pictures its filter found unsafe is content refused; some of several are left out', async () => {
    const unsafe = { images: [{ url: link(), nsfw: true }] };
    expect(await queried(successReply(taskData('succeeded', { data: unsafe })).body)).toMatchObject({
      failure: { type: 'content_rejected', maybeBilled: true },
    });
    const mixed = { images: [{ url: link() }, { url: link() }], has_nsfw_concepts: [false, true] };
    expect(await queried(successReply(taskData('succeeded', { data: mixed })).body)).toMatchObject({
      pictures: [smallPng],
      warnings: ['Of 2 pictures, 1 was left out: the filter of Nano-banana found it unsafe.'],
    });
  });

  test('without pictures of its own does not give those back that were sent', async () => {
    const data = taskData('succeeded', { data: { images: [] }, image_urls: [link()] });
    expect(await queried({ code: 200, data })).toMatchObject({ failure: { type: 'no_image' } });
  });

  test('with a picture that nobody knows how to fetch is kept for the operator', async () => {
    const { body } = successReply(taskData('succeeded', { data: { images: [{ id: 'file-7Rq' }] } }));
    expect(await queried(body)).toMatchObject({
      failure: { type: 'upstream_unavailable', answered: true, maybeBilled: true },
      answer: { status: 200, bytes: Buffer.from(JSON.stringify(body)) },
    });
  });
});

test.each([
  { code: -1, msg: '系统繁忙' },
  { success: false, message: 'Something odd.' },
])('a query that is refused with %j says nothing of the task, and is asked again', async (body) => {
  server.answer('poll', { body });
  const { failure } = await taskErrorOf(pollOf(server.create(), { taskId }));
  expect(failure).toMatchObject({ retryable: true });
  expect(failure.message).toContain('Nano-banana said: "');
  expect(failure).not.toHaveProperty('answered');
});

test('what a server says of charging for a task is believed', async () => {
  for (const msg of ['生成失败，积分已退还', 'Generation failed. You will not be charged.']) {
    const ended = await queried({ code: 200, msg: 'success', data: taskData('error', { msg }) });
    expect(ended).toMatchObject({ failure: { type: 'upstream_unavailable' } });
    expect(ended).not.toHaveProperty('failure.maybeBilled');
  }
});

test('a delay that stands in the words of a refusal is kept to', async () => {
  server.answer('start', { body: { code: 429, msg: '请求过于频繁，请在 30 秒后重试' } });
  const failure = await failureOf(server.create().start(request, contextOf()));
  expect(failure).toMatchObject({ type: 'upstream_rate_limited', retryAfterMs: 30_000 });
});
