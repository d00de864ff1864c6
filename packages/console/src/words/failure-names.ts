// Why tasks fail, each in a few words.

import type { TaskErrorType } from '@plantain/client';
import { defineWords } from './words.ts';

export const failureNames = defineWords<TaskErrorType>({
  en: {
    content_rejected: 'Refused by the model',
    no_image: 'Answer without a picture',
    upstream_rate_limited: 'Too many requests',
    upstream_quota: 'Quota used up',
    upstream_billing: 'Payment needed',
    upstream_auth: 'Key refused',
    upstream_unavailable: 'Upstream failed or away',
    upstream_bad_request: 'Not possible as asked',
    input_unreachable: 'Input picture unreadable',
    deadline_exceeded: 'Took too long',
    cancelled: 'Cancelled',
    internal: 'Fault in the server',
  },
  zh: {
    content_rejected: '被模型拒绝',
    no_image: '回答中没有图片',
    upstream_rate_limited: '请求过于频繁',
    upstream_quota: '配额用尽',
    upstream_billing: '需要付费',
    upstream_auth: '密钥被拒绝',
    upstream_unavailable: '上游出错或无法连接',
    upstream_bad_request: '上游不支持该请求',
    input_unreachable: '输入图片无法读取',
    deadline_exceeded: '耗时过长',
    cancelled: '已取消',
    internal: '服务器内部错误',
  },
});

export const failureTypes = Object.keys(failureNames.en) as TaskErrorType[];
