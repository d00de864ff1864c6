// Deletes what has had its time, again and again: tasks with their pictures each minute, files that belong to nothing a few times a
// day. One sweep runs at a time, and one that fails is done again by the next.

import type { Emit } from '../core/events.ts';
import { errorName } from '../lib/error-name.ts';
import { type FileSweep, sweepFiles } from './sweep-files.ts';
import { sweepTasks, type TaskSweep } from './sweep-tasks.ts';

type Dependencies = Pick<TaskSweep & FileSweep, 'store' | 'pictures' | 'deletePictures' | 'clock'> & {
  emit: Emit;
};

export type RetentionSettings = Pick<
  TaskSweep & FileSweep,
  'picturesMs' | 'tasksMs' | 'deliveriesMs' | 'maxTaskMs'
> &
  Partial<Pick<TaskSweep, 'batch'>>;

/** Counts of what a sweep deleted. */
export interface Swept {
  pictures: number;
  tasks: number;
  inputs: number;
  orphans: number;
}

export interface Retention {
  /** Deletes pictures and records that have had their time. */
  sweepTasks(): Promise<Pick<Swept, 'pictures' | 'tasks'>>;
  /** Goes through all files for inputs that no task can still need, and for files that belong to nothing. */
  sweepFiles(): Promise<Pick<Swept, 'inputs' | 'orphans'>>;
  /** Sweeps again and again until the stop. */
  start(): void;
  /** Resolves when a sweep under way has ended; it ends at the next file. */
  stop(): Promise<void>;
}

const tasksEveryMs = 60_000;
const filesEveryMs = 6 * 3_600_000;
/** The first look through the files comes soon, but not while the server starts. */
const firstFilesMs = 5 * 60_000;
const defaultBatch = 200;

export function createRetention(
  { emit, ...dependencies }: Dependencies,
  { batch = defaultBatch, ...settings }: RetentionSettings,
): Retention {
  const stopped = new AbortController();
  const sweep = { ...dependencies, ...settings, batch, stopping: stopped.signal };
  const timers = new Set<NodeJS.Timeout>();
  let sweeping: Promise<void> | null = null;

  function every(ms: number, firstMs: number, sweepOnce: () => Promise<Partial<Swept>>): void {
    const run = () => {
      // One at a time: the next comes round.
      sweeping ??= reportSweep(emit, sweepOnce).finally(() => {
        sweeping = null;
      });
    };
    timers.add(
      setTimeout(() => {
        run();
        timers.add(setInterval(run, ms));
      }, firstMs),
    );
  }

  return {
    sweepTasks: () => sweepTasks(sweep),
    sweepFiles: () => sweepFiles(sweep),
    start() {
      every(tasksEveryMs, 0, () => sweepTasks(sweep));
      every(filesEveryMs, firstFilesMs, () => sweepFiles(sweep));
    },
    async stop() {
      stopped.abort();
      for (const timer of timers) clearTimeout(timer);
      await sweeping;
    },
  };
}

async function reportSweep(emit: Emit, sweepOnce: () => Promise<Partial<Swept>>): Promise<void> {
  try {
    const swept = await sweepOnce();
    if (Object.values(swept).some((count) => count > 0)) emit('retention', swept);
  } catch (error) {
    emit('retention_failed', { error: errorName(error) });
  }
}
