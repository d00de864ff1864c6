// Reads the `data` text of a status query, from a bounded cache or by primary key. The cache is never ahead of the disk and never
// behind an answer that was sent. A change is announced after its commit and before any caller is told. It drops the task's entry
// and any read that may have begun before the change. Where other processes change tasks too, that holds for none of their changes until they
// are heard of: only texts of tasks that have ended are cached, and each other query is answered by a read that began after it came.

import { hash } from 'node:crypto';
import type { Changes } from '../../core/tasks/changes.ts';
import type { StatusSource, TaskReads } from '../../core/tasks/task-reads.ts';
import { type RenderedView, renderReady, type TaskViews } from '../../core/tasks/task-views.ts';
import { costIn } from '../views/task-cost.ts';
import { createReadsInFlight } from '../../lib/reads-in-flight.ts';
import { type CachedText, createStatusCache } from './status-cache.ts';

export interface StatusReader {
  /**
   * Gives the text without waiting: `null` when this key has no such task, `undefined` when it has to be read. `id` in lower
   * case.
   */
  peek(id: string, keyId: string): StatusText | null | undefined;
  /** Reads the text; resolves with `null` when this key has no such task. `id` in lower case. */
  read(id: string, keyId: string): Promise<StatusText | null>;
}

export interface StatusText {
  /** The `data` member of the answer, as JSON. */
  readonly text: string;
  /** Whether each character is one byte, so that the bytes need not be counted again. */
  readonly oneByte: boolean;
  /** Weak, because `exec_time` and `ip` beside `data` differ from answer to answer. */
  readonly etag: string;
  /** Version of the task that ignores estimates: the position in the queue, and why the task waits. */
  readonly version: string;
  /** Sum that the task's owner pays, or that is reserved, in micro-dollars. */
  readonly cost: string;
  readonly isFinal: boolean;
  /** Seconds until the next query is worth while; `null` where that is unknown, and for a task that has ended. */
  readonly pollAfterSeconds: number | null;
}

interface Entry extends StatusText, CachedText {
  keyId: string;
}

/** Entry as a read for this key found it. */
interface ReadFor {
  keyId: string;
  entry: Entry | null;
}

interface StatusReaderParts {
  store: Pick<TaskReads, 'findStatus' | 'findStatusNow'>;
  views: TaskViews;
  changes: Changes;
  /** Whether other processes change tasks, too. */
  isShared: boolean;
}

export function createStatusReader({ store, views, changes, isShared }: StatusReaderParts): StatusReader {
  // A read of a shared store costs far more than to cache its text, which is also what is shown while that store is away.
  const cache = createStatusCache<Entry>({ keepsAtOnce: isShared });
  const reads = createReadsInFlight<ReadFor>({ isJoined: !isShared });
  const entries = createEntries(store, views);
  let key = views.key;

  function forgetAll(): void {
    cache.forgetAll();
    reads.dropAll();
  }
  changes.addCache({
    forget(taskId) {
      cache.forget(taskId);
      reads.drop(taskId);
    },
    forgetAll,
  });

  /** Empties the cache when links have changed: a server on a free port learns its public address only once it listens. */
  function forgetOutdated(): void {
    if (views.key === key) return;
    key = views.key;
    forgetAll();
  }

  /** An entry of another key is as if it were not there: its task has to cost what one costs that never was. */
  function cached(id: string, keyId: string): Entry | undefined {
    forgetOutdated();
    const entry = cache.get(id);
    return entry?.keyId === keyId ? entry : undefined;
  }

  function keep(id: string, entry: Entry | null): void {
    if (entry !== null && (entry.isFinal || !isShared)) cache.keep(id, entry);
  }

  /** Reads and fills the cache in one turn of the event loop, so that no change can come between. */
  function readNow(id: string, keyId: string): Entry | null | undefined {
    const entry = entries.now(id, key, keyId);
    if (entry) keep(id, entry);
    return entry;
  }

  return {
    peek: (id, keyId) => cached(id, keyId) ?? readNow(id, keyId),
    async read(id, keyId) {
      const known = cached(id, keyId);
      if (known !== undefined) return known;
      const load = async (): Promise<ReadFor> => ({ keyId, entry: await entries.load(id, key, keyId) });
      const found = await reads.read(id, load, ({ entry }) => keep(id, entry));
      // One that was under way for another key says nothing of this one's.
      return found.keyId === keyId ? found.entry : await entries.load(id, key, keyId);
    },
  };
}

/** Makes entries of what is stored: from the view stored with a final task, or by rendering the task. */
function createEntries(store: StatusReaderParts['store'], views: TaskViews) {
  return {
    /** Gives the entry without waiting; `undefined` where that can't be. */
    now(id: string, key: string, keyId: string): Entry | null | undefined {
      const source = store.findStatusNow?.(id, key, keyId);
      if (source === undefined || source === null) return source;
      if ('task' in source && !views.isReady(source.task)) return undefined;
      return toEntry(source, 'view' in source ? { text: source.view } : views.render(source.task), key);
    },
    async load(id: string, key: string, keyId: string): Promise<Entry | null> {
      const source = await store.findStatus(id, key, keyId);
      return source && toEntry(source, await renderReady(views, source), key);
    },
  };
}

function toEntry({ keyId }: StatusSource, { text, volatile }: RenderedView, viewKey: string): Entry {
  // A final task looks different only where its view was made under another key.
  const version = volatile === undefined ? viewKey : digest(volatile.stableText);
  return {
    keyId,
    text,
    oneByte: Buffer.byteLength(text) === text.length,
    etag: volatile === undefined ? `W/"${version}"` : `W/"${version}.${digest(text)}"`,
    version,
    cost: costIn(text),
    isFinal: volatile === undefined,
    pollAfterSeconds: volatile === undefined ? null : volatile.pollAfterSeconds,
    isCurrent: volatile?.isCurrent,
  };
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 12);
}
