// The `data` text of a status query, from a bounded cache or one read by primary key.
// The cache is never ahead of the disk, and never behind an answer that left: a change is made known after its commit, before any caller
// hears of it, and drops the entry together with the read that may have begun before it.

import { hash } from 'node:crypto';
import type { Changes } from '../../core/tasks/changes.ts';
import type { StatusSource, TaskReads } from '../../core/tasks/task-reads.ts';
import { type RenderedView, renderReady, type TaskViews } from '../../core/tasks/task-views.ts';
import { createReadsInFlight } from '../../lib/reads-in-flight.ts';
import { type CachedText, createStatusCache } from './status-cache.ts';

export interface StatusReader {
  /** Text without waiting: `null` when this key has no such task, `undefined` when it has to be read. `id` in lower case. */
  peek(id: string, keyId: string): StatusText | null | undefined;
  /** Resolves with `null` when this key has no such task. `id` in lower case. */
  read(id: string, keyId: string): Promise<StatusText | null>;
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

interface Entry extends StatusText, CachedText {
  keyId: string;
}

interface StatusReaderParts {
  store: Pick<TaskReads, 'findStatus' | 'findStatusNow'>;
  views: TaskViews;
  changes: Changes;
}

export function createStatusReader({ store, views, changes }: StatusReaderParts): StatusReader {
  const cache = createStatusCache<Entry>();
  const reads = createReadsInFlight<Entry | null>();
  const entries = createEntries(store, views);
  let key = views.key;

  changes.addCache((taskId) => {
    cache.forget(taskId);
    reads.drop(taskId);
  });

  /** Links follow the public address, which a server on a free port learns only once it listens. */
  function forgetOutdated(): void {
    if (views.key === key) return;
    key = views.key;
    cache.forgetAll();
    reads.dropAll();
  }

  function cached(id: string): Entry | undefined {
    forgetOutdated();
    return cache.get(id);
  }

  /** A read and its filling in one turn of the event loop: no change can come between. */
  function readNow(id: string): Entry | null | undefined {
    const entry = entries.now(id, key);
    if (entry) cache.keep(id, entry);
    return entry;
  }

  return {
    peek(id, keyId) {
      const entry = cached(id) ?? readNow(id);
      return entry && ofKey(entry, keyId);
    },
    async read(id, keyId) {
      const entry =
        cached(id) ??
        (await reads.read(
          id,
          () => entries.load(id, key),
          (loaded) => loaded !== null && cache.keep(id, loaded),
        ));
      return entry && ofKey(entry, keyId);
    },
  };
}

/** Makes entries of what the store has: the view that was stored with a final task, or one rendered of the task. */
function createEntries(store: StatusReaderParts['store'], views: TaskViews) {
  return {
    /** Gives the entry without waiting; `undefined` where that can't be. */
    now(id: string, key: string): Entry | null | undefined {
      const source = store.findStatusNow?.(id, key);
      if (source === undefined || source === null) return source;
      if ('task' in source && !views.isReady(source.task)) return undefined;
      return toEntry(source, 'view' in source ? { text: source.view } : views.render(source.task), key);
    },
    async load(id: string, key: string): Promise<Entry | null> {
      const source = await store.findStatus(id, key);
      return source && toEntry(source, await renderReady(views, source), key);
    },
  };
}

function ofKey(entry: Entry, keyId: string): StatusText | null {
  return entry.keyId === keyId ? entry : null;
}

function toEntry({ keyId }: StatusSource, { text, volatile }: RenderedView, viewKey: string): Entry {
  // A final task is shown otherwise only where its view was made with something else.
  const version = volatile === undefined ? viewKey : digest(volatile.stableText);
  return {
    keyId,
    text,
    oneByte: Buffer.byteLength(text) === text.length,
    etag: volatile === undefined ? `W/"${version}"` : `W/"${version}.${digest(text)}"`,
    version,
    isFinal: volatile === undefined,
    pollAfterSeconds: volatile === undefined ? null : volatile.pollAfterSeconds,
    isCurrent: volatile?.isCurrent,
  };
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 12);
}
