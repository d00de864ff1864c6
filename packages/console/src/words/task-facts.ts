// Facts of a task: its state, its request and its outcome. The names of the four states are the vendor’s own.

import { defineWords } from './words.ts';

export const taskFacts = defineWords({
  en: {
    state: 'State',
    pending: 'Queued',
    running: 'Generating',
    succeeded: 'Succeeded',
    error: 'Failed',
    cancelled: 'Cancelled',
    model: 'Model',
    generate: 'Generate',
    edit: 'Edit',
    prompt: 'Prompt',
    created: 'Created',
    cost: 'Cost',
  },
  zh: {
    state: '状态',
    pending: '排队中',
    running: '生成中',
    succeeded: '成功',
    error: '失败',
    cancelled: '已取消',
    model: '模型',
    generate: '生成',
    edit: '编辑',
    prompt: '提示词',
    created: '创建时间',
    cost: '费用',
  },
});
