// Reasons why a page is not shown.

import { defineWords } from './words.ts';

export const pageFaultWords = defineWords({
  en: {
    notHere: 'There is nothing at this address.',
    adminsOnly: 'This page is for administrators. Sign in with the key of one.',
    pageBroken: 'This page can’t be shown. Reload it; if that does not help, tell your administrator.',
    reload: 'Reload',
  },
  zh: {
    notHere: '这个地址没有内容。',
    adminsOnly: '此页面仅供管理员使用，请用管理员密钥登录。',
    pageBroken: '无法显示此页面。请重新加载；如果没有用，请联系管理员。',
    reload: '重新加载',
  },
});
