// The port to what a status query shows of a final task. Prepared when the task ends, because most queries of a server's
// life are about final tasks, and reading one ready text is several times cheaper than building it from its parts.

import type { Task } from './task.ts';
import type { ReadyView } from './task-queue.ts';
import type { StatusSource, TaskReads } from './task-reads.ts';

export interface TaskViews {
  /** Names everything the text depends on beside the task; a stored view with another key is out of date. */
  readonly key: string;
  /** Whether all that is shown beside the stored task is known and recent. Always so of a task that has ended. */
  isReady(task: Task): boolean;
  /** Makes it so. */
  prepare(task: Task): Promise<void>;
  /** The `data` member of the status answer. Any state. Pure but for the time: it shows what was prepared last. */
  render(task: Task): RenderedView;
}

export interface RenderedView {
  /** JSON. */
  text: string;
  /** Of a task that has not ended, since more is shown of it than is stored. */
  volatile?: VolatileText;
}

/** What is said of a task that waits or runs, and may change although the task does not. */
export interface VolatileText {
  /** The same text without it: another text is another version of the task. */
  stableText: string;
  /** Whether it would still be said. */
  isCurrent: () => boolean;
  /** When asking again is worth while, where that is known. */
  pollAfterSeconds: number | null;
}

/** Renders a task when what is shown beside it is known and recent; a ready view is its own rendering. */
export async function renderReady(views: TaskViews, source: StatusSource): Promise<RenderedView> {
  if ('view' in source) return { text: source.view };
  if (!views.isReady(source.task)) await views.prepare(source.task);
  return views.render(source.task);
}

/**
 * Text of a task as the store has it at this moment; `null` when this key has no such task. For whoever reads of a change in
 * the store itself, perhaps before anybody is notified of it: a text that was cached before would be behind.
 */
export async function currentText(
  store: Pick<TaskReads, 'findStatus'>,
  views: TaskViews,
  { taskId, keyId }: { taskId: string; keyId: string },
): Promise<string | null> {
  const source = await store.findStatus(taskId, views.key);
  return source?.keyId === keyId ? (await renderReady(views, source)).text : null;
}

export function readyView(views: TaskViews, task: Task): ReadyView {
  return { key: views.key, text: views.render(task).text };
}
