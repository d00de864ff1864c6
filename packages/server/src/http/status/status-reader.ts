// The `data` text of a status query, from a bounded cache or one read by primary key.
// The cache is never ahead of the disk, and never behind an answer that left: changes are told after the commit, before
// any caller hears of it, and drop the entry; a read and its filling happen in one turn of the event loop.

import { hash } from 'node:crypto';
import type { Changes } from '../../core/tasks/changes.ts';
import type { TaskStore } from '../../core/tasks/task-store.ts';
import type { RenderedView, TaskViews } from '../../core/tasks/task-views.ts';

export interface StatusReader {
  /** `null` when this key has no such task. `id` in lower case. */
  read(id: string, keyId: string): StatusText | null;
}

export interface StatusText {
  /** The `data` member of the answer, as JSON. */
  readonly text: string;
  /** Whether each of its characters is one byte, so that nobody has to count the bytes again. */
  readonly oneByte: boolean;
  /** Weak, because `exec_time` and `ip` beside `data` differ from answer to answer. */
  readonly etag: string;
  /** Stays the same while nothing changes but what is said beforehand: the task's place in the queue, why it waits. */
  readonly version: string;
  readonly isFinal: boolean;
  /** `null` where nobody knows, and of a task that has ended. */
  readonly pollAfterSeconds: number | null;
}

interface Entry extends StatusText {
  keyId: string;
  /** Of a text that also depends on something beside its task. */
  isCurrent: (() => boolean) | undefined;
}

/** Characters held by one of the two generations. */
const generationSize = 32 * 2 ** 20;
/** How many of the latest ids are remembered as asked for once; a power of two. */
const askedSlots = 2 ** 16;

export function createStatusReader({
  store,
  views,
  changes,
}: {
  store: Pick<TaskStore, 'find' | 'findView'>;
  views: TaskViews;
  changes: Changes;
}): StatusReader {
  // Two generations instead of a list in order of use: what is asked for again moves to the young one, and when that is
  // full the old one, which nobody asked for meanwhile, is dropped whole. One look-up on a hit.
  let young = new Map<string, Entry>();
  let old = new Map<string, Entry>();
  let youngSize = 0;
  let key = views.key;
  // What is asked for once is not kept: keeping each of a million tasks that are asked for at random only to drop it again
  // made the garbage collector the dearest part of such a query. The id's last 32 bits are random, so they are its slot.
  const asked = new Uint32Array(askedSlots);

  function askedBefore(id: string): boolean {
    const tail = Number.parseInt(id.slice(28), 16);
    const slot = tail % askedSlots;
    if (asked[slot] === tail) return true;
    asked[slot] = tail;
    return false;
  }

  function forget(id: string): void {
    const entry = young.get(id);
    if (entry !== undefined) {
      young.delete(id);
      youngSize -= entry.text.length;
    }
    old.delete(id);
  }
  changes.listen(({ taskId }) => forget(taskId));

  function keep(id: string, entry: Entry): void {
    if (youngSize > generationSize) {
      old = young;
      young = new Map();
      youngSize = 0;
    }
    young.set(id, entry);
    youngSize += entry.text.length;
  }

  /** Links follow the public address, which a server on a free port learns only once it listens. */
  function forgetOutdated(): void {
    if (views.key === key) return;
    key = views.key;
    young = new Map();
    old = new Map();
    youngSize = 0;
  }

  function load(id: string): Entry | null {
    const found = store.findView(id);
    if (found === null) return null;
    if (found.view?.key === key) return toEntry(found.keyId, found.view, key);
    const task = store.find(id);
    return task === null ? null : toEntry(task.keyId, views.render(task), key);
  }

  return {
    read(id, keyId) {
      forgetOutdated();
      let entry = young.get(id);
      if (entry?.isCurrent !== undefined && !entry.isCurrent()) {
        forget(id);
        entry = undefined;
      }
      if (entry === undefined) {
        const aged = fresh(old.get(id));
        const found = aged ?? load(id);
        if (found === null) return null;
        old.delete(id);
        if (aged !== undefined || askedBefore(id)) keep(id, found);
        entry = found;
      }
      return entry.keyId === keyId ? entry : null;
    },
  };
}

function fresh(entry: Entry | undefined): Entry | undefined {
  return entry?.isCurrent?.() === false ? undefined : entry;
}

function toEntry(keyId: string, { text, passing }: RenderedView, viewKey: string): Entry {
  // What a final task shows changes only with what its view was made with.
  const version = passing === undefined ? viewKey : digest(passing.lastingText);
  return {
    keyId,
    text,
    oneByte: Buffer.byteLength(text) === text.length,
    etag: passing === undefined ? `W/"${version}"` : `W/"${version}.${digest(text)}"`,
    version,
    isFinal: passing === undefined,
    pollAfterSeconds: passing === undefined ? null : passing.pollAfterSeconds,
    isCurrent: passing?.isCurrent,
  };
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 12);
}
