// Refusals of requests, by the types that the API names, and what a person can do about each. English ones are rarely read:
// there the server's own sentence says the same, and more exactly.

import { defineWords } from './words.ts';

export const refusalWords = defineWords({
  en: {
    invalid_request: 'The request is not valid. Fix what is named here, and try again.',
    unauthenticated: 'The key was not taken: it is unknown, revoked or expired. Sign in with another one.',
    budget_exhausted: 'The budget of this key or its owner has too little left. Ask your administrator.',
    forbidden: 'This key may not do that. Sign in with one that may, or ask your administrator.',
    not_found: 'It is not there: it was deleted, has expired, or belongs to another key. Reload the page.',
    conflict: 'It can’t be done as things are. Reload the page if it may show an earlier state.',
    too_large: 'That is larger than the server takes. Make the pictures smaller, or give links to them.',
    unsupported_media: 'The server does not take this kind of content. Try another kind of file.',
    input_unreachable:
      'An input picture can’t be used: it is damaged, too large, no picture, or its link leads nowhere. Take another one.',
    rate_limited: 'A limit of this key or its owner is reached. Send less at once, or try again later.',
    internal:
      'Something went wrong in the server. Try again; if it happens again, tell your administrator the number of the request.',
    overloaded:
      'The server takes nothing at the moment: it is stopping, or its queue or disk is full. Try again soon.',
    refused: 'The server did not take this request. Change what it names, and try again.',
    failed: 'That did not work.',
    unexpected: 'Something else answered in place of the server, perhaps a proxy. Tell your administrator.',
    unsupported: 'This server can’t do that; it may be an older version.',
    noAnswer: 'The server did not answer, so it is not known whether this was done. Look, and try again.',
    pageFault: 'Something went wrong in this page. Reload it, and try again.',
    failedTitle: 'That did not work',
    reconnecting: 'The server can’t be reached. Trying again …',
    requestId: 'Request {id}',
    waitFor: 'Try again in {duration}.',
    serverSaid: 'The server said:',
    pageSaid: 'The browser said:',
  },
  zh: {
    invalid_request: '请求有误。请按下面的说明修改后再试。',
    unauthenticated: '密钥无效：不存在、已吊销或已过期。请换一个密钥登录。',
    budget_exhausted: '这个密钥或其所有者的预算余额不足。请联系管理员。',
    forbidden: '这个密钥没有权限。请换用有权限的密钥登录，或联系管理员。',
    not_found: '找不到：可能已被删除或已过期，也可能属于别的密钥。请刷新页面后再看。',
    conflict: '当前状态不允许这样做。如果页面显示的内容可能已过时，请刷新后再看。',
    too_large: '内容超过服务器的大小上限。请缩小图片，或改用图片链接。',
    unsupported_media: '服务器不支持这种内容。请换一种文件格式。',
    input_unreachable: '有一张输入图片无法使用：已损坏、过大、不是图片，或链接无法访问。请换一张。',
    rate_limited: '已达到这个密钥或其所有者的限额。请减少同时发送的请求，或稍后再试。',
    internal: '服务器内部出错。请重试；如果再次出错，请把请求编号告诉管理员。',
    overloaded: '服务器暂时不接受请求：正在停止，或队列、磁盘已满。请稍后再试。',
    refused: '服务器没有接受这个请求。请按下面的说明修改后再试。',
    failed: '操作没有成功。',
    unexpected: '作出响应的不是 Plantain 服务器，可能是中间的代理。请联系管理员。',
    unsupported: '这台服务器不支持此操作，可能版本较旧。',
    noAnswer: '服务器没有响应，无法确定操作是否已完成。请确认后再试。',
    pageFault: '页面出错。请重新加载后再试。',
    failedTitle: '操作没有成功',
    reconnecting: '无法连接服务器，正在重试…',
    requestId: '请求 {id}',
    waitFor: '请在 {duration}后重试。',
    serverSaid: '服务器返回：',
    pageSaid: '浏览器返回：',
  },
});
