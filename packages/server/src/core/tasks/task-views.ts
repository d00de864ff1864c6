// Port of task views, the texts of status answers. The ready view of a final task is made when the task ends: most status queries are
// about final tasks, and reading a text is several times cheaper than rendering it.

import type { Task } from './task.ts';
import type { ReadyView } from './task-queue.ts';
import type { StatusSource, TaskReads } from './task-reads.ts';

export interface TaskViews {
  /** Key of the settings that the text depends on. A ready view that was stored under another key is out of date. */
  readonly key: string;
  /** True where the hints that are shown with the task are recent, and always for a final task. */
  isReady(task: Task): boolean;
  /** Refreshes the hints that are shown with the task. */
  prepare(task: Task): Promise<void>;
  /** Renders the `data` member of the status answer, of a task in any state, with the hints that were prepared last. */
  render(task: Task): RenderedView;
}

export interface RenderedView {
  /** JSON. */
  text: string;
  /** Volatile part of the text; set for a task that has not ended. */
  volatile?: VolatileText;
}

/** Part of a text, such as hints, that may change although the task does not. */
export interface VolatileText {
  /** Text without its volatile part. It differs exactly where the task does. */
  stableText: string;
  /** True as long as the volatile part would be rendered as it was. */
  isCurrent: () => boolean;
  /** Time after which a new query is worth while; `null` where that is not known. */
  pollAfterSeconds: number | null;
}

/** Gives the ready view where there is one, else renders the task, with its hints refreshed first. */
export async function renderReady(views: TaskViews, source: StatusSource): Promise<RenderedView> {
  if ('view' in source) return { text: source.view };
  if (!views.isReady(source.task)) await views.prepare(source.task);
  return views.render(source.task);
}

/**
 * Text of a task as the store has it at this moment; `null` when this key has no such task. It bypasses the status cache, which may not
 * have been invalidated yet by a change that the caller has read in the store.
 */
export async function currentText(
  store: Pick<TaskReads, 'findStatus'>,
  views: TaskViews,
  { taskId, keyId }: { taskId: string; keyId: string },
): Promise<string | null> {
  const source = await store.findStatus(taskId, views.key, keyId);
  return source === null ? null : (await renderReady(views, source)).text;
}

export function readyView(views: TaskViews, task: Task): ReadyView {
  return { key: views.key, text: views.render(task).text };
}
