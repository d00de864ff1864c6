// Trying again what met another transaction: the database has undone it, and it may go through the next time.

import type { StartTimer } from '../../../lib/timers.ts';
import { isConflict } from './faults.ts';

const maxTries = 6;
/** Longest pause before the second try; it doubles with each. Two that met wait for different times, so that they don't meet again. */
const firstPauseMs = 10;

export async function untilNoConflict<T>(work: () => Promise<T>, startTimer: StartTimer): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isConflict(error) || tries === maxTries) throw error;
    }
    const ms = Math.random() * firstPauseMs * 2 ** (tries - 1);
    await new Promise<void>((resolve) => void startTimer(resolve, ms));
  }
}
