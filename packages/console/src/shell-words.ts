import { defineWords } from './words/words.ts';

export const shellWords = defineWords({
  en: {
    skip: 'Skip to the content',
    menu: 'Menu',
    account: 'Account: {name}',
    signOut: 'Sign out',
    language: 'Language',
    theme: 'Colours',
    theme_system: 'As the system',
    theme_light: 'Light',
    theme_dark: 'Dark',
  },
  zh: {
    skip: '跳到正文',
    menu: '菜单',
    account: '账户：{name}',
    signOut: '退出登录',
    language: '语言',
    theme: '配色',
    theme_system: '跟随系统',
    theme_light: '浅色',
    theme_dark: '深色',
  },
});
