import { defineWords } from '../../words/words.ts';

export const taskProgressWords = defineWords({
  en: {
    queuePlace: 'Place {place} in the queue',
    waitRetry: 'An attempt failed; the next one comes by itself.',
    waitLimit:
      'As many tasks run as the limit of this key or its owner allows; this one waits for one to end.',
    waitBusy: 'The upstream is busy; this task waits for a free place.',
    waitRateLimited: 'The request limit of the upstream is reached for now.',
    waitQuota: 'The quota at the upstream is used up for now.',
    waitCircuit: 'The upstream failed repeatedly and is paused for a while.',
    cancelling: 'Is being cancelled …',
    since: 'for {duration}',
    left: 'about {duration} left',
    progress: 'Progress',
  },
  zh: {
    queuePlace: '排在第 {place} 位',
    waitRetry: '一次尝试失败，稍后会自动重试。',
    waitLimit: '同时运行的任务已达到此密钥或其所有者的上限，等待其中一个结束。',
    waitBusy: '上游繁忙，正在等待空位。',
    waitRateLimited: '暂时达到上游的请求频率上限。',
    waitQuota: '上游的配额暂时用完。',
    waitCircuit: '上游多次出错，暂停一段时间后再试。',
    cancelling: '正在取消…',
    since: '已用 {duration}',
    left: '大约还需 {duration}',
    progress: '进度',
  },
});
