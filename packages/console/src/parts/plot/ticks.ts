// Marks on the axes of a plot, and the text of those of time.

import type { Language } from '../../preferences.tsx';

const daySeconds = 86_400;
const hourSeconds = 3_600;

/** Steps for whole numbers: tasks, and millionths of a dollar. */
export const wholeSteps: readonly number[] = Array.from({ length: 15 }, (_, zeros) =>
  [1, 2, 5].map((step) => step * 10 ** zeros),
).flat();

/** Steps for seconds: those of clocks, and not tens and hundreds. */
export const durationSteps: readonly number[] = [
  [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30],
  [1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  [1, 2, 3, 6, 12, 24, 48, 120, 240].map((hours) => hours * hourSeconds),
].flat();

/** Texts of marks that lie `step` seconds apart. Midnight shows its day instead of the hour. */
export function timeTicks(at: readonly number[], step: number, language: Language): string[] {
  const day = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric' });
  const hour = new Intl.DateTimeFormat(language, {
    hour: 'numeric',
    ...(step % hourSeconds === 0 ? {} : { minute: '2-digit' }),
  });
  return at.map((seconds) => {
    const moment = new Date(seconds * 1000);
    const isMidnight = moment.getHours() === 0 && moment.getMinutes() === 0;
    return (step >= daySeconds || isMidnight ? day : hour).format(moment);
  });
}
