// The port to what a status query shows of a final task. Prepared when the task ends, because most queries of a server's
// life are about final tasks, and reading one ready text is several times cheaper than building it from its parts.

import type { Task } from './task.ts';
import type { ReadyView, TaskStore } from './task-store.ts';

export interface TaskViews {
  /** Names everything the text depends on beside the task; a stored view with another key is out of date. */
  readonly key: string;
  /** The `data` member of the status answer. Any state. */
  render(task: Task): RenderedView;
}

export interface RenderedView {
  /** JSON. */
  text: string;
  /** Of a task that has not ended, since more is shown of it than is stored. */
  passing?: Passing;
}

/** What is said of a task that waits or runs, and may change although the task does not. */
export interface Passing {
  /** The same text without it: another text is another version of the task. */
  lastingText: string;
  /** Whether it would still be said. */
  isCurrent: () => boolean;
  /** When asking again is worth while, where that is known. */
  pollAfterSeconds: number | null;
}

/**
 * What is shown of a task as the store has it at this moment; `null` when this key has no such task. For whoever reads of a change in
 * the store itself, perhaps before anybody is told of it: a text that was kept from before would be behind.
 */
export function currentText(
  store: Pick<TaskStore, 'find' | 'findView'>,
  views: TaskViews,
  { taskId, keyId }: { taskId: string; keyId: string },
): string | null {
  const found = store.findView(taskId);
  if (found?.keyId !== keyId) return null;
  if (found.view?.key === views.key) return found.view.text;
  const task = store.find(taskId);
  return task === null ? null : views.render(task).text;
}

export function readyView(views: TaskViews, task: Task): ReadyView {
  return { key: views.key, text: views.render(task).text };
}
