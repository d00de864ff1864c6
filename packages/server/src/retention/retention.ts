// Deletes what has had its time: pictures, records of tasks, inputs that nobody can still need, and files that belong to
// nothing. Every step may be cut off anywhere and is done again: files go first, and only then the note that they are gone.

import type { Emit } from '../core/events.ts';
import type { FileStore } from '../core/pictures/file-store.ts';
import type { PictureStore, StoredFile } from '../core/pictures/picture-store.ts';
import type { StatisticsStore } from '../core/tasks/statistics.ts';
import type { TaskReads } from '../core/tasks/task-reads.ts';
import type { TaskRetention } from '../core/tasks/task-retention.ts';
import { unreadAnswerLifetimeMs, type UnreadAnswerStore } from '../core/upstreams/unread-answer.ts';
import type { WebhookStore } from '../core/webhooks/webhook-store.ts';
import type { Clock } from '../lib/clock.ts';
import type { DeletePictures } from './delete-pictures.ts';

export interface RetentionSettings {
  /** How long pictures are kept whose request says nothing else. */
  picturesMs: number;
  /** How long records are kept; at least as long as pictures are. */
  tasksMs: number;
  /** How long deliveries of webhooks are kept from their end. */
  deliveriesMs: number;
  /** The most that a task may take from its submit to its end. */
  maxTaskMs: number;
}

/** What one sweep deleted. */
export interface Swept {
  pictures: number;
  tasks: number;
  inputs: number;
  orphans: number;
}

export interface Retention {
  /** Deletes pictures and records that have had their time. */
  sweepTasks(): Promise<Pick<Swept, 'pictures' | 'tasks'>>;
  /** Looks through all files for inputs that no task can still need, and for files that belong to nothing. */
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
const batch = 200;
/** How long those of a batch are nobody else's, whose pictures are deleted one by one. */
const claimMs = 5 * 60_000;
/** A file younger than this beyond the longest task is left alone, whatever it looks like: clocks differ. */
const graceMs = 3_600_000;
/** Renditions are made again when somebody asks: those that nobody made anew for this long go. */
const renditionsMs = 30 * 24 * 3_600_000;

/** By then a rendition is there that was being made when its picture was deleted. */
const renderingMs = 60_000;

export function createRetention(
  {
    store,
    pictures,
    deletePictures,
    clock,
    emit,
  }: {
    store: Pick<TaskReads, 'find'> &
      Omit<TaskRetention, 'deleteIfFinal'> &
      Pick<FileStore, 'deleteExpiredFiles' | 'isFileStored'> &
      Pick<StatisticsStore, 'foldStatistics'> &
      Pick<UnreadAnswerStore, 'deleteUnreadAnswers'> &
      Pick<WebhookStore, 'deleteExpiredSecrets' | 'deleteFinishedDeliveries'>;
    pictures: Pick<PictureStore, 'delete' | 'list'>;
    deletePictures: DeletePictures;
    clock: Clock;
    emit: Emit;
  },
  settings: RetentionSettings,
): Retention {
  const { picturesMs, maxTaskMs } = settings;
  const tasksMs = Math.max(settings.tasksMs, picturesMs);
  let stopping = false;
  let sweeping: Promise<void> | null = null;
  const timers = new Set<NodeJS.Timeout>();

  async function sweepTasks(): Promise<Pick<Swept, 'pictures' | 'tasks'>> {
    const swept = { pictures: 0, tasks: 0 };
    await store.deleteExpiredFiles(clock.now());
    await store.deleteExpiredAnswers(clock.now());
    await store.deleteExpiredSecrets(clock.now());
    await store.foldStatistics(clock.now());
    await sweepDeliveries();
    await store.deleteUnreadAnswers(clock.now() - unreadAnswerLifetimeMs);
    swept.pictures += await sweepNoted();
    while (!stopping) {
      const claim = { now: clock.now(), claimMs, limit: batch };
      const expired = await store.claimExpiredPictures({ ...claim, retentionMs: picturesMs });
      for (const { pictures: keys } of expired) {
        await deletePictures(keys);
        swept.pictures += keys.length;
      }
      const ids = expired.map(({ taskId }) => taskId);
      if (ids.length > 0) await store.markPicturesDeleted(ids, clock.now());
      if (ids.length < batch) break;
    }
    for (let deleted = batch; deleted === batch && !stopping; swept.tasks += deleted)
      deleted = await store.deleteFinished({ finishedBy: clock.now() - tasksMs, limit: batch });
    return swept;
  }

  async function sweepDeliveries(): Promise<void> {
    for (let deleted = batch; deleted === batch && !stopping;)
      deleted = await store.deleteFinishedDeliveries({
        finishedBy: clock.now() - settings.deliveriesMs,
        limit: batch,
      });
  }

  /** What is left of tasks that their owners deleted. */
  async function sweepNoted(): Promise<number> {
    let deleted = 0;
    while (!stopping) {
      const now = clock.now();
      const keys = await store.claimPicturesToDelete({ notedBy: now - renderingMs, now, limit: batch });
      await deletePictures(keys);
      if (keys.length > 0) await store.forgetPictures(keys);
      deleted += keys.length;
      if (keys.length < batch) break;
    }
    return deleted;
  }

  async function sweepFiles(): Promise<Pick<Swept, 'inputs' | 'orphans'>> {
    // An input is made young again by every submit that has it and by every run that fetches it, and by its deadline every
    // task has ended.
    const oldInput = clock.now() - maxTaskMs - graceMs;
    const inputs = await sweepBelow('inputs/', oldInput, async ({ key }) => {
      return !(await store.isFileStored(key, clock.now()));
    });
    const results = await sweepBelow('results/', oldInput, isOrphan);
    const renditions = await sweepBelow('renditions/', clock.now() - renditionsMs, async () => true);
    return { inputs, orphans: results + renditions };
  }

  /** Deletes files that were last made young by `oldBy`, where nobody has them any more. */
  async function sweepBelow(
    prefix: string,
    oldBy: number,
    isOver: (file: StoredFile) => Promise<boolean>,
  ): Promise<number> {
    let deleted = 0;
    for await (const file of pictures.list(prefix)) {
      if (stopping) break;
      if (file.modifiedAt > oldBy || !(await isOver(file))) continue;
      await pictures.delete(file.key);
      deleted += 1;
    }
    return deleted;
  }

  /** Of attempts whose result never became a task's, or whose task is gone. What this server did not name is left alone. */
  async function isOrphan({ key }: StoredFile): Promise<boolean> {
    const id = /^results\/[^/]+\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-[^/]+$/.exec(key)?.[1];
    if (id === undefined) return false;
    const task = await store.find(id);
    if (task === null) return true;
    return task.finishedAt !== null && !task.result?.pictures.some((picture) => picture.key === key);
  }

  async function tell(sweep: () => Promise<Partial<Swept>>): Promise<void> {
    try {
      const swept = await sweep();
      if (Object.values(swept).some((count) => count > 0)) emit('retention', swept);
    } catch (error) {
      emit('retention_failed', { error: error instanceof Error ? error.name : 'unknown' });
    }
  }

  function every(ms: number, firstMs: number, sweep: () => Promise<Partial<Swept>>): void {
    const run = () => {
      // One at a time: the next comes round.
      sweeping ??= tell(sweep).finally(() => {
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
    sweepTasks,
    sweepFiles,
    start() {
      every(tasksEveryMs, 0, sweepTasks);
      every(filesEveryMs, firstFilesMs, sweepFiles);
    },
    async stop() {
      stopping = true;
      for (const timer of timers) clearTimeout(timer);
      await sweeping;
    },
  };
}
