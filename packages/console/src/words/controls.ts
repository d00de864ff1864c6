// Buttons and choices.

import { defineWords } from './words.ts';

export const controlWords = defineWords({
  en: {
    close: 'Close',
    save: 'Save',
    retry: 'Try again',
    copy: 'Copy',
    copied: 'Copied',
    download: 'Download',
    more: 'More',
    all: 'All',
    loading: 'Loading …',
  },
  zh: {
    close: '关闭',
    save: '保存',
    retry: '重试',
    copy: '复制',
    copied: '已复制',
    download: '下载',
    more: '更多',
    all: '全部',
    loading: '加载中…',
  },
});
