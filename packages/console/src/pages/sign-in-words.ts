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
    ended:
      'The session is over: it has had its time, or its key was revoked, has expired or has another secret. Sign in again.',
    cookieLost:
      'The server took the sign-in, but the browser did not keep its cookie. Allow cookies for this page, and open it at the address that public_url names, with https if that begins so.',
    byLinkText:
      'You are signed in as {name}. Use a sign-in link only if you asked for it: it signs {name} out in all tabs.',
    byLink: 'Sign in with this link',
    stay: 'Stay signed in as {name}',
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
    ended: '会话已结束：已到期，或者它的密钥已被吊销、过期或更换。请重新登录。',
    cookieLost:
      '服务器接受了登录，但浏览器没有保存 cookie。请允许此页面使用 cookie，并通过 public_url 指定的地址打开它（如果该地址以 https 开头，就使用 https）。',
    byLinkText: '你已登录为 {name}。只有自己索取的登录链接才应使用：它会让 {name} 在所有标签页退出登录。',
    byLink: '用这个链接登录',
    stay: '保持 {name} 的登录',
    empty: '请先粘贴密钥。',
  },
});
