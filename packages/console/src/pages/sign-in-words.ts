import { defineWords } from '../words/words.ts';

export const signInWords = defineWords({
  en: {
    title: 'Sign in',
    label: 'API key',
    where:
      'The server printed a key when it started for the first time. More are made with `npx plantain-server keys create --name NAME` in its folder, or by an administrator under Keys.',
    keep: 'Keep me signed in on this computer',
    stays:
      'The browser gets a cookie for a session, which ends after twelve hours without use and after seven days at most. No page keeps the key.',
    linkRefused:
      'This link was used already, or is older than ten minutes. Each works once: start the server again or run plantain-server keys link KEY_ID for another, or sign in with a key.',
    submit: 'Sign in',
    trying: 'Signing in …',
    refused: 'The server does not know this key, or it was revoked or has expired.',
    ended: 'The session is over: it has had its time, or its key was revoked or has expired. Sign in again.',
    empty: 'Paste a key first.',
  },
  zh: {
    title: '登录',
    label: 'API 密钥',
    where:
      '服务器首次启动时会打印一个密钥。可以在服务器目录里用 `npx plantain-server keys create --name NAME` 再创建，也可以请管理员在“密钥”页面创建。',
    keep: '在这台电脑上保持登录',
    stays: '浏览器会得到一个会话 cookie：12 小时不使用就失效，最长 7 天。页面不会保存密钥。',
    linkRefused:
      '这个链接已被使用，或已超过 10 分钟。每个链接只能用一次：请重新启动服务器，或运行 plantain-server keys link KEY_ID 再取一个，也可以用密钥登录。',
    submit: '登录',
    trying: '正在登录…',
    refused: '服务器不认识这个密钥，或者它已被吊销或过期。',
    ended: '会话已结束：已到期，或者它的密钥已被吊销或过期。请重新登录。',
    empty: '请先粘贴密钥。',
  },
});
