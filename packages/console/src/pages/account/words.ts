import { defineWords } from '../../words/words.ts';

export const accountWords = defineWords({
  en: {
    key: 'Key',
    owner: 'Owner',
    scopes: 'Scopes',
    models: 'Models',
    allModels: 'all',
    priority: 'Highest priority',
    expires: 'Expires',
    never: 'never',
    operator: 'What the operator of this server sees of your tasks',
    sees_nothing: 'Nothing of any one of them: no state, no prompt, no picture.',
    sees_records:
      'Their records: state, model, cost, times and attempts. No prompts and no pictures. Each look is in the audit log.',
    sees_everything: 'Everything, prompts and pictures included. Each look is in the audit log.',
    sessions: 'Where you are signed in',
    sessionsText:
      'Signing out in the menu ends this session, in all tabs. The button below ends every session of the key, in other browsers too; programs that use the key go on.',
    signOutEverywhere: 'Sign out everywhere',
    ofKey: 'Limits of this key',
    ofOwner: 'Limits of the owner “{name}”, for all its keys together',
  },
  zh: {
    key: '密钥',
    owner: '所有者',
    scopes: '权限范围',
    models: '模型',
    allModels: '全部',
    priority: '最高优先级',
    expires: '到期时间',
    never: '永不',
    operator: '服务器运营者能看到你的任务的哪些内容',
    sees_nothing: '看不到任何单个任务：没有状态、提示词或图片。',
    sees_records: '任务记录：状态、模型、费用、时间和各次尝试，但没有提示词和图片。每次查看都记入审计日志。',
    sees_everything: '全部内容，包括提示词和图片。每次查看都记入审计日志。',
    sessions: '登录状态',
    sessionsText:
      '菜单里的“退出登录”会结束这个浏览器的会话（所有标签页）。下面的按钮会结束该密钥的所有会话，包括其他浏览器；使用该密钥的程序不受影响。',
    signOutEverywhere: '在所有地方退出登录',
    ofKey: '这个密钥的限额',
    ofOwner: '所有者“{name}”的限额（由它的所有密钥共用）',
  },
});
