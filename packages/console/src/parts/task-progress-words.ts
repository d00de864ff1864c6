import { defineWords } from '../words/words.ts';

export const taskProgressWords = defineWords({
  en: {
    queuePlace: 'Place {place} in the queue',
    waitRetry: 'An attempt failed; the next one comes by itself.',
    waitBusy: 'Every place at the provider is taken.',
    waitRateLimited: 'The limit of requests is reached for now.',
    waitQuota: 'The quota at the provider is used up for now.',
    waitCircuit: 'The provider has failed and is left alone for a while.',
    cancelling: 'Is being cancelled …',
    since: 'for {duration}',
    left: 'about {duration} left',
    progress: 'Progress',
  },
  zh: {
    queuePlace: '排在第 {place} 位',
    waitRetry: '一次尝试失败，稍后会自动重试。',
    waitBusy: '服务商的名额都已占用。',
    waitRateLimited: '暂时达到请求频率上限。',
    waitQuota: '服务商的配额暂时用完。',
    waitCircuit: '服务商出现故障，暂停一段时间后再试。',
    cancelling: '正在取消…',
    since: '已用 {duration}',
    left: '大约还需 {duration}',
    progress: '进度',
  },
});
