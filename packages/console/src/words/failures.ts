// Why a task failed, and what a person can do about it.

import { defineWords } from './words.ts';

export const failureWords = defineWords({
  en: {
    content_rejected:
      'The model did not want to make this. Say it differently, or take other pictures, and try again.',
    no_image: 'The model answered without a picture. Ask for a picture more plainly, or just try again.',
    upstream_rate_limited: 'Too much was asked of the model at once. Try again in a minute.',
    upstream_quota:
      'The quota at the provider is used up. Try another model, or ask whoever runs this server.',
    upstream_billing: 'The provider wants to be paid. Whoever runs this server has to look after it.',
    upstream_auth: 'The provider refused the server’s key. Whoever runs this server has to look after it.',
    upstream_unavailable: 'The provider could not be reached or failed. Try again, or take another model.',
    upstream_bad_request: 'The provider could not do this as asked. Try another size, ratio or model.',
    input_unreachable: 'An input picture could not be read. Remove it, upload it again and try once more.',
    deadline_exceeded: 'It took too long and was given up. Try again, or choose a smaller size.',
    cancelled: 'It was cancelled before it was done.',
    internal: 'Something went wrong in the server. Try again; its log has more.',
    upstreamReason: 'The provider’s reason:',
  },
  zh: {
    content_rejected: '模型拒绝生成这个内容。请换一种说法或更换图片后再试。',
    no_image: '模型的回答里没有图片。请更明确地要求生成图片，或直接重试。',
    upstream_rate_limited: '对模型的请求过于频繁，请一分钟后重试。',
    upstream_quota: '服务商的配额已用完。请换一个模型，或联系服务器管理员。',
    upstream_billing: '服务商要求付费，需要服务器管理员处理。',
    upstream_auth: '服务商拒绝了服务器的密钥，需要服务器管理员处理。',
    upstream_unavailable: '无法连接服务商或服务商出错。请重试，或换一个模型。',
    upstream_bad_request: '服务商无法按要求处理。请换一个尺寸、比例或模型。',
    input_unreachable: '有一张输入图片无法读取。请移除后重新上传，再试一次。',
    deadline_exceeded: '耗时过长，任务已放弃。请重试，或选择较小的尺寸。',
    cancelled: '任务在完成前已被取消。',
    internal: '服务器内部出错。请重试，详情见服务器日志。',
    upstreamReason: '服务商给出的原因：',
  },
});
