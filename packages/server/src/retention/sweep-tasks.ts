// Deletes pictures and records that have had their time, and what is kept beside tasks. Every step may be cut off anywhere and is
// done again: pictures go first, and only then the note that they are gone.

import type { AuditStore } from '../core/audit/audit.ts';
import type { ClientBatchStore } from '../core/batches/client-batches.ts';
import { type FileStore, uploadsFolder } from '../core/pictures/file-store.ts';
import type { EndHold } from '../core/ledger/end-hold.ts';
import type { LedgerStore } from '../core/ledger/ledger.ts';
import type { SessionStore } from '../core/sessions/session-store.ts';
import type { StatisticsStore } from '../core/tasks/statistics.ts';
import type { TaskRetention } from '../core/tasks/task-retention.ts';
import { unreadAnswerLifetimeMs, type UnreadAnswerStore } from '../core/upstreams/unread-answer.ts';
import type { WebhookStore } from '../core/webhooks/webhook-store.ts';
import type { Clock } from '../lib/clock.ts';
import { type Batches, inBatches, untilNone } from './batches.ts';
import type { DeletePictures } from './delete-pictures.ts';

/**
 * Place at which the next sweep of prompts goes on. No index has the tasks with prompts: all tasks would pay for it, also where prompts are
 * stored as long as records.
 */
export interface PromptPlace {
  /** No prompt is left of tasks that finished at or before this. */
  upTo: number;
  /** Time at which the first task was looked at last. */
  begunAt: number;
}

export const firstPromptPlace = (): PromptPlace => ({ upTo: 0, begunAt: 0 });

export interface TaskSweep extends Batches {
  store: Omit<TaskRetention, 'deleteIfFinal'> &
    Pick<AuditStore, 'deleteOldAudit'> &
    Pick<ClientBatchStore, 'deleteExpiredClientBatches'> &
    Pick<FileStore, 'deleteExpiredFiles' | 'isFileStored'> &
    Pick<LedgerStore, 'findExpiredHolds'> &
    Pick<SessionStore, 'deleteEndedSessions'> &
    Pick<StatisticsStore, 'foldStatistics'> &
    Pick<UnreadAnswerStore, 'deleteUnreadAnswers'> &
    Pick<WebhookStore, 'deleteExpiredSecrets' | 'deleteFinishedDeliveries'>;
  endHold: EndHold;
  deletePictures: DeletePictures;
  clock: Clock;
  /** How long pictures are stored whose request says nothing else. */
  picturesMs: number;
  /** How long prompts are stored after the end of their task; absent where they are as long as the record. */
  promptsMs?: number;
  promptPlace: PromptPlace;
  /** How long records are stored; no shorter than pictures are. */
  tasksMs: number;
  /** How long deliveries of webhooks are stored from their end. */
  deliveriesMs: number;
  /** How long entries of the audit log are stored. */
  auditMs: number;
}

/** How long those of a batch are nobody else's, whose pictures are deleted one by one. */
const claimMs = 5 * 60_000;
/** Prompts are rewritten in few rows at once, since each may have a million characters. */
const promptsAtOnce = 20;
/** Tasks that are looked at for prompts at once. */
const tasksAtOnce = 1_000;
/** How long after the time of its end a task may be stored as ended, also by a clock that is behind: these are looked at again. */
const storedLateMs = 5 * 60_000;
/** How often all tasks are looked at again, for those that came later still. */
const beginAnewMs = 24 * 3_600_000;
/** By then a rendition is there that was being made when its picture was deleted. */
const renderingMs = 60_000;

/** Resolves with how many pictures, prompts and records were deleted. */
export async function sweepTasks(
  sweep: TaskSweep,
): Promise<{ pictures: number; prompts: number; tasks: number }> {
  const { store, clock, picturesMs, deliveriesMs, auditMs } = sweep;
  await store.deleteExpiredFiles(clock.now());
  await store.deleteExpiredClientBatches(clock.now());
  await store.deleteExpiredAnswers(clock.now());
  await store.deleteExpiredSecrets(clock.now());
  await store.deleteEndedSessions(clock.now());
  await store.foldStatistics(clock.now());
  await inBatches(sweep, (limit) => store.deletePassedTurns(limit));
  await inBatches(sweep, (limit) =>
    store.deleteFinishedDeliveries({ finishedBy: clock.now() - deliveriesMs, limit }),
  );
  await inBatches(sweep, (limit) => store.deleteOldAudit(clock.now() - auditMs, limit));
  await store.deleteUnreadAnswers(clock.now() - unreadAnswerLifetimeMs);
  const pictures = (await sweepDeleted(sweep)) + (await sweepExpired(sweep));
  // After all but records: a held task that can't be read keeps nothing else from being deleted.
  await sweepHolds(sweep);
  const prompts = await sweepPrompts(sweep);
  const tasksMs = Math.max(sweep.tasksMs, picturesMs);
  const tasks = await untilNone(sweep, (limit) =>
    store.deleteFinished({ finishedBy: clock.now() - tasksMs, at: clock.now(), limit }),
  );
  await store.writeOverDeleted();
  return { pictures, prompts, tasks };
}

/** Deletes prompts that have had their time before the record of their task. */
async function sweepPrompts(sweep: TaskSweep): Promise<number> {
  const { store, clock, promptsMs, promptPlace: place, stopping } = sweep;
  if (promptsMs === undefined) return 0;
  const begunAt = clock.now();
  if (begunAt - place.begunAt >= beginAnewMs) Object.assign(place, { upTo: 0, begunAt });
  const finishedBy = begunAt - promptsMs;
  const limit = Math.min(sweep.batch, promptsAtOnce);
  let total = 0;
  for (let after = place.upTo; after < finishedBy && !stopping.aborted;) {
    const step = { after, finishedBy, at: clock.now(), among: tasksAtOnce, limit };
    const { deleted, upTo } = await store.deletePrompts(step);
    total += deleted;
    after = upTo;
    place.upTo = Math.max(place.upTo, upTo - storedLateMs);
  }
  return total;
}

/** Ends holds whose time is over. */
function sweepHolds(sweep: TaskSweep): Promise<number> {
  const { store, endHold, clock } = sweep;
  return inBatches(sweep, async (limit) => {
    const held = await store.findExpiredHolds(clock.now(), limit);
    for (const task of held) await endHold(task);
    return held.length;
  });
}

/** Deletes the pictures that are left of tasks which their owners deleted, and the bytes of files that are gone. */
function sweepDeleted(sweep: TaskSweep): Promise<number> {
  const { store, deletePictures, clock } = sweep;
  return inBatches(sweep, async (limit) => {
    const now = clock.now();
    const keys = await store.claimPicturesToDelete({ notedBy: now - renderingMs, now, limit });
    await deletePictures(await withoutFile(sweep, keys));
    if (keys.length > 0) await store.forgetPictures(keys);
    return keys.length;
  });
}

/** Gives those that no file has: one with the same bytes may be left, or have come since. It is noted again when that one goes. */
async function withoutFile({ store, clock }: TaskSweep, keys: readonly string[]): Promise<string[]> {
  const without: string[] = [];
  for (const key of keys)
    if (!key.startsWith(`${uploadsFolder}/`) || !(await store.isFileStored(key, clock.now())))
      without.push(key);
  return without;
}

/** Deletes the pictures of tasks whose pictures have had their time. */
async function sweepExpired(sweep: TaskSweep): Promise<number> {
  const { store, deletePictures, clock, picturesMs } = sweep;
  let deleted = 0;
  await inBatches(sweep, async (limit) => {
    const claim = { now: clock.now(), claimMs, limit };
    const expired = await store.claimExpiredPictures({ ...claim, retentionMs: picturesMs });
    for (const { pictures } of expired) {
      await deletePictures(pictures);
      deleted += pictures.length;
    }
    const ids = expired.map(({ taskId }) => taskId);
    if (ids.length > 0) await store.markPicturesDeleted(ids, clock.now());
    return ids.length;
  });
  return deleted;
}
