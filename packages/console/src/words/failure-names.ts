// Names of the reasons why tasks fail.

import type { TaskErrorType } from '@plantain/client';
import { defineWords } from './words.ts';

export const failureNames = defineWords<TaskErrorType>({
  en: {
    content_rejected: 'Refused by the upstream',
    no_image: 'Answer without a picture',
    upstream_rate_limited: 'Too many requests to the upstream',
    upstream_quota: 'Upstream quota used up',
    upstream_billing: 'Upstream account not chargeable',
    upstream_auth: 'Upstream refused the server’s key',
    upstream_unavailable: 'Upstream failed or away',
    upstream_bad_request: 'Upstream can’t do it as asked',
    input_unreachable: 'Input picture unreadable',
    deadline_exceeded: 'Deadline exceeded',
    cancelled: 'Cancelled',
    internal: 'Fault in the server',
  },
  zh: {
    content_rejected: '被上游拒绝',
    no_image: '上游响应中没有图片',
    upstream_rate_limited: '对上游的请求过多',
    upstream_quota: '上游配额用尽',
    upstream_billing: '上游账户无法扣费',
    upstream_auth: '上游不接受服务器密钥',
    upstream_unavailable: '上游出错或无法连接',
    upstream_bad_request: '上游不支持该请求',
    input_unreachable: '输入图片无法读取',
    deadline_exceeded: '超时',
    cancelled: '已取消',
    internal: '服务器内部错误',
  },
});

export const failureTypes = Object.keys(failureNames.en) as TaskErrorType[];
