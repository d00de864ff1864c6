// Deletes what has had its time, again and again: tasks with their pictures each minute, files that belong to nothing a few times a
// day. One sweep runs at a time, the other kind after it, and one that fails is done again by the next.

import { type Emit, emitFault, type Events } from '../core/events.ts';
import { errorName } from '../lib/error-name.ts';
import { startInterval, type StartTimer } from '../lib/timers.ts';
import { type ClaimTurn, inTurn } from './in-turn.ts';
import { type FileSweep, sweepFiles } from './sweep-files.ts';
import { firstPromptPlace, sweepTasks, type TaskSweep } from './sweep-tasks.ts';

type Dependencies = Pick<
  TaskSweep & FileSweep,
  'store' | 'pictures' | 'deletePictures' | 'endHold' | 'clock'
> & {
  startTimer: StartTimer;
  emit: Emit;
  /** Claims the turn to go through the files; given where several servers share them. */
  claimFiles?: ClaimTurn;
};

export type RetentionSettings = Pick<
  TaskSweep & FileSweep,
  'picturesMs' | 'tasksMs' | 'deliveriesMs' | 'auditMs' | 'maxTaskMs'
> &
  Partial<Pick<TaskSweep & FileSweep, 'batch' | 'promptsMs' | 'inputLifetime'>>;

/** Counts of what a sweep deleted. */
export type Swept = Required<Events['retention']>;

export interface Retention {
  /** Deletes pictures, prompts and records that have had their time. */
  sweepTasks(): Promise<Pick<Swept, 'pictures' | 'prompts' | 'tasks'>>;
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
/** Where servers take turns at the files, each looks so often whether it is its own. */
const turnEveryMs = 5 * 60_000;
const defaultBatch = 200;

export function createRetention(
  { startTimer, emit, claimFiles, ...dependencies }: Dependencies,
  { batch = defaultBatch, ...settings }: RetentionSettings,
): Retention {
  const stopped = new AbortController();
  const sweep = {
    ...dependencies,
    ...settings,
    batch,
    stopping: stopped.signal,
    promptPlace: firstPromptPlace(),
  };
  const turn = { stopping: stopped.signal, restMs: filesEveryMs };
  const sweepInTurn = (claim: ClaimTurn) =>
    inTurn({ claim, clock: sweep.clock, startTimer }, turn, (stopping) => sweepFiles({ ...sweep, stopping }));
  const stopTimers: (() => void)[] = [];
  let last: Promise<void> = Promise.resolve();

  function every(ms: number, firstMs: number, sweepOnce: () => Promise<Partial<Swept>>): void {
    let isDue = false;
    async function sweepAfter(before: Promise<void>): Promise<void> {
      await before;
      if (!stopped.signal.aborted) await reportSweep(emit, sweepOnce);
      isDue = false;
    }
    const run = () => {
      // Waits for a sweep of the other kind, since its own next turn may be hours away; of its own kind one is enough.
      if (isDue) return;
      isDue = true;
      last = sweepAfter(last);
    };
    stopTimers.push(startInterval(startTimer, run, ms, firstMs));
  }

  return {
    sweepTasks: () => sweepTasks(sweep),
    sweepFiles: () => sweepFiles(sweep),
    start() {
      every(tasksEveryMs, 0, () => sweepTasks(sweep));
      if (claimFiles === undefined) every(filesEveryMs, firstFilesMs, () => sweepFiles(sweep));
      else every(turnEveryMs, firstFilesMs, () => sweepInTurn(claimFiles));
    },
    async stop() {
      stopped.abort();
      for (const stopTimer of stopTimers) stopTimer();
      await last;
    },
  };
}

async function reportSweep(emit: Emit, sweepOnce: () => Promise<Partial<Swept>>): Promise<void> {
  try {
    const swept = await sweepOnce();
    if (Object.values(swept).some((count) => count > 0)) emit('retention', swept);
  } catch (error) {
    emitFault(emit, error, 'retention_failed', { error: errorName(error) });
  }
}
