// Reasons why a task failed, and advice. Each sentence of advice names only what the buttons beside it offer. A failure that another
// try may mend is advised to be tried again, every other one to be changed.

import type { TaskErrorType } from '@plantain/client';
import { defineWords } from './words.ts';

export const failureWords = defineWords<TaskErrorType>({
  en: {
    content_rejected: 'The upstream refused this request.',
    no_image: 'The upstream answered without a picture.',
    upstream_rate_limited: 'The upstream had too many requests at once.',
    upstream_quota: 'The quota at the upstream is used up.',
    upstream_billing: 'The account at the upstream can’t be charged.',
    upstream_auth: 'The upstream did not take the server’s key.',
    upstream_unavailable: 'The upstream failed or could not be reached.',
    upstream_bad_request: 'The upstream can’t do this as asked.',
    input_unreachable: 'An input picture could not be read.',
    deadline_exceeded: 'It was not done by its deadline.',
    cancelled: 'It was cancelled before it was done.',
    internal: 'Something went wrong in the server.',
  },
  zh: {
    content_rejected: '上游拒绝了这个请求。',
    no_image: '上游的响应中没有图片。',
    upstream_rate_limited: '上游同时收到的请求过多。',
    upstream_quota: '上游的配额已用完。',
    upstream_billing: '上游账户无法扣费。',
    upstream_auth: '上游不接受服务器的密钥。',
    upstream_unavailable: '上游出错或无法连接。',
    upstream_bad_request: '上游无法按要求处理。',
    input_unreachable: '有一张输入图片无法读取。',
    deadline_exceeded: '任务超时，没有完成。',
    cancelled: '任务在完成前已被取消。',
    internal: '服务器内部出错。',
  },
});

/** Advice for failures that are not retryable. */
export const changeWords = defineWords<TaskErrorType>({
  en: {
    content_rejected: 'Edit the prompt or the input pictures.',
    no_image: 'Edit the prompt: ask for a picture more plainly.',
    upstream_rate_limited: 'Choose another model, or come back later.',
    upstream_quota: 'Choose another model, or ask your administrator.',
    upstream_billing: 'Choose another model, or ask your administrator.',
    upstream_auth: 'Choose another model, or ask your administrator.',
    upstream_unavailable: 'Choose another model, or come back later.',
    upstream_bad_request: 'Choose another size, ratio or model.',
    input_unreachable: 'Remove or replace it.',
    deadline_exceeded: 'Choose a smaller size or another model.',
    cancelled: '',
    internal: 'Ask your administrator; the server’s log has more.',
  },
  zh: {
    content_rejected: '请修改提示词或更换输入图片。',
    no_image: '请修改提示词，更明确地要求生成图片。',
    upstream_rate_limited: '请换一个模型，或稍后再来。',
    upstream_quota: '请换一个模型，或联系管理员。',
    upstream_billing: '请换一个模型，或联系管理员。',
    upstream_auth: '请换一个模型，或联系管理员。',
    upstream_unavailable: '请换一个模型，或稍后再来。',
    upstream_bad_request: '请换一个尺寸、比例或模型。',
    input_unreachable: '请移除或更换它。',
    deadline_exceeded: '请选择较小的尺寸，或换一个模型。',
    cancelled: '',
    internal: '请联系管理员，详情见服务器日志。',
  },
});

export const failureFrameWords = defineWords({
  en: {
    between: ' ',
    again: 'Try again: it may work now.',
    againSoon: 'Try again in a minute.',
    upstreamReason: 'Upstream:',
    serverWords: 'What the server said',
  },
  zh: {
    // Chinese sentences have no space between them.
    between: '',
    again: '请重试，这次可能成功。',
    againSoon: '请一分钟后重试。',
    upstreamReason: '上游：',
    serverWords: '服务器返回的信息',
  },
});
