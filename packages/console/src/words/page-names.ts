// Names of the pages.

import { defineWords } from './words.ts';

export const pageNames = defineWords({
  en: {
    playground: 'Playground',
    tasks: 'Tasks',
    gallery: 'Gallery',
    overview: 'Overview',
    keys: 'Keys',
    webhooks: 'Webhooks',
    settings: 'Settings',
  },
  zh: {
    playground: '试一试',
    tasks: '任务',
    gallery: '图库',
    overview: '概览',
    keys: '密钥',
    webhooks: 'Webhook',
    settings: '设置',
  },
});
