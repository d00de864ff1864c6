// Goes through all files of the picture store and deletes inputs that no task can still need, and files that belong to nothing.

import { inputsFolder, resultsFolder } from '../core/pictures/picture-folders.ts';
import { type FileStore, uploadsFolder } from '../core/pictures/file-store.ts';
import { partialImagesFolder } from '../core/partial-images/shared-partial-images.ts';
import type { PictureStore, StoredFile } from '../core/pictures/picture-store.ts';
import type { InputLifetime, TaskRetention } from '../core/tasks/task-retention.ts';
import type { TaskReads } from '../core/tasks/task-reads.ts';
import type { Clock } from '../lib/clock.ts';

export interface FileSweep {
  store: Pick<TaskReads, 'find'> &
    Pick<FileStore, 'isFileStored'> &
    Pick<TaskRetention, 'defaultInputLifetime' | 'oldestOpenWithInputs'>;
  pictures: Pick<PictureStore, 'delete' | 'list'>;
  clock: Clock;
  /** The most that a task may take from its submit to its end. */
  maxTaskMs: number;
  /** Default: that of the installation. */
  inputLifetime?: InputLifetime;
  /** How long pictures are stored whose request says nothing else. */
  picturesMs: number;
  /** Aborts when the sweep is to end. */
  stopping: AbortSignal;
}

/** An input younger than this beyond the longest task, and any other file younger than this, is left alone, whatever it looks like: clocks differ. */
const graceMs = 3_600_000;
/** Renditions are made again when somebody asks: those that nobody made anew for this long go. */
const renditionsMs = 30 * 24 * 3_600_000;

/** Resolves with how many inputs and how many other files were deleted. */
export async function sweepFiles(sweep: FileSweep): Promise<{ inputs: number; orphans: number }> {
  const { store, clock } = sweep;
  const isOfNoFile = async ({ key }: StoredFile) => !(await store.isFileStored(key, clock.now()));
  const inputs = await sweepBelow(sweep, `${inputsFolder}/`, await oldestInput(sweep), isOfNoFile);
  // A task that has ended shows no other pictures than it does now, and one that has not keeps all of its own.
  const oldResult = clock.now() - graceMs;
  const results = await sweepBelow(sweep, `${resultsFolder}/`, oldResult, (file) => isOrphan(store, file));
  // Files that are gone took theirs with them. These are of uploads that were cut off.
  const uploads = await sweepBelow(sweep, `${uploadsFolder}/`, clock.now() - graceMs, isOfNoFile);
  const oldRendition = clock.now() - renditionsMs;
  const renditions = await sweepBelow(sweep, 'renditions/', oldRendition, async () => true);
  // Runs delete their own when they end: these are of servers that crashed.
  const partialImages = await sweepBelow(sweep, `${partialImagesFolder}/`, oldResult, async () => true);
  return { inputs, orphans: results + uploads + renditions + partialImages };
}

/**
 * Time by which an input was last made young that no task can need any more. Every submit that has it makes it so, and every run that fetches
 * it. By its deadline every task has ended, those too that wait with a longer one than can be asked for now.
 */
async function oldestInput({
  store,
  clock,
  maxTaskMs,
  inputLifetime,
  picturesMs,
}: FileSweep): Promise<number> {
  const lifetime = inputLifetime ?? (await store.defaultInputLifetime());
  const ended = clock.now() - maxTaskMs - (lifetime === 'result' ? picturesMs : 0);
  const open = await store.oldestOpenWithInputs();
  return Math.min(ended, open ?? ended) - graceMs;
}

/** Deletes files that were last made young by `oldBy` and are over. Ends at the next file when the sweep is to end. */
async function sweepBelow(
  { pictures, stopping }: FileSweep,
  prefix: string,
  oldBy: number,
  isOver: (file: StoredFile) => Promise<boolean>,
): Promise<number> {
  let deleted = 0;
  for await (const file of pictures.list(prefix)) {
    if (stopping.aborted) break;
    if (file.modifiedAt > oldBy || !(await isOver(file))) continue;
    await pictures.delete(file.key);
    deleted += 1;
  }
  return deleted;
}

/** True for pictures of attempts whose result never became a task's, that were set aside for better ones, or whose task is gone. Files that this server did not name are left alone. */
async function isOrphan(store: FileSweep['store'], { key }: StoredFile): Promise<boolean> {
  const id = /^results\/[^/]+\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-[^/]+$/.exec(key)?.[1];
  if (id === undefined) return false;
  const task = await store.find(id);
  if (task === null) return true;
  return task.finishedAt !== null && !task.result?.pictures.some((picture) => picture.key === key);
}
