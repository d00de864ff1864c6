// Names of the pages.

import { defineWords } from './words.ts';

export const pageNames = defineWords({
  en: {
    playground: 'Playground',
    tasks: 'Tasks',
    gallery: 'Gallery',
    overview: 'Overview',
    keys: 'Keys',
    owners: 'Owners',
    audit: 'Audit log',
    account: 'This key',
    webhooks: 'Webhooks',
    settings: 'Settings',
  },
  zh: {
    playground: '试一试',
    tasks: '任务',
    gallery: '图库',
    overview: '概览',
    keys: '密钥',
    owners: '所有者',
    audit: '审计日志',
    account: '当前密钥',
    webhooks: 'Webhook',
    settings: '设置',
  },
});
