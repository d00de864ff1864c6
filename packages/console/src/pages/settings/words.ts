import { defineWords } from '../../words/words.ts';

export const settingsWords = defineWords({
  en: {
    intro:
      'What this server runs with. A setting is changed in the environment or in plantain.yaml, and takes effect at the next start.',
    search: 'Search settings',
    changed: 'Only what was set',
    noneTitle: 'No setting matches',
    noneText: 'Search for a part of a name or of what it is for.',
    hidden: 'set, not shown',
    unset: 'not set',
    isDefault: 'default',
    defaultIs: 'Default: {value}',
    setBy: 'set by {source}',
  },
  zh: {
    intro: '服务器当前使用的设置。在环境变量或 plantain.yaml 中修改，下次启动时生效。',
    search: '搜索设置',
    changed: '只看已设置的',
    noneTitle: '没有匹配的设置',
    noneText: '可以搜索名称或说明中的一部分。',
    hidden: '已设置，不显示',
    unset: '未设置',
    isDefault: '默认',
    defaultIs: '默认值：{value}',
    setBy: '由 {source} 设置',
  },
});
