// Progress of a batch as one line of text: counts, rate and remaining time.

import { durationText } from '../task-text.ts';

export interface BatchCounts {
  total: number;
  done: number;
  failed: number;
  /** Lines of `done` and `failed` that ended in this run, which has taken `seconds`. */
  endedNow: number;
  seconds: number;
}

const barWidth = 24;

/** The remaining time follows from the lines that ended in this run; before the first it is left out. */
export function progressText({ total, done, failed, endedNow, seconds }: BatchCounts): string {
  const ended = done + failed;
  const full = total === 0 ? barWidth : Math.floor((barWidth * ended) / total);
  const bar = `[${'#'.repeat(full)}${'-'.repeat(barWidth - full)}]`;
  const rate = seconds > 0 ? endedNow / seconds : 0;
  const words = [`${ended}/${total}`, ...(failed === 0 ? [] : [`${failed} failed`])];
  if (rate > 0) {
    words.push(rate >= 1 ? `${rate.toFixed(1)}/s` : `${(rate * 60).toFixed(1)}/min`);
    if (ended < total) words.push(`${durationText((total - ended) / rate)} left`);
  }
  return `${bar} ${words.join(', ')}`;
}
