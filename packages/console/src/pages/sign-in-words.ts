import { defineWords } from '../words/words.ts';

export const signInWords = defineWords({
  en: {
    title: 'Sign in',
    label: 'API key',
    where:
      'The server printed a key when it started for the first time. More are made with `npx plantain-server keys create --name NAME` in its folder, or by an administrator under Keys.',
    stays:
      'The key stays in this tab and in those that you open beside it: it is forgotten when they are closed.',
    submit: 'Sign in',
    trying: 'Signing in …',
    refused: 'The server does not know this key, or it was revoked or has expired.',
    empty: 'Paste a key first.',
  },
  zh: {
    title: '登录',
    label: 'API 密钥',
    where:
      '服务器首次启动时会打印一个密钥。可以在服务器目录里用 `npx plantain-server keys create --name NAME` 再创建，也可以请管理员在“密钥”页面创建。',
    stays: '密钥只保存在这个标签页和从它旁边打开的标签页里，全部关闭后就会被清除。',
    submit: '登录',
    trying: '正在登录…',
    refused: '服务器不认识这个密钥，或者它已被吊销或过期。',
    empty: '请先粘贴密钥。',
  },
});
