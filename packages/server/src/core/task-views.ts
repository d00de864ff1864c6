// The port to what a status query shows of a final task. Prepared when the task ends, because most queries of a server's
// life are about final tasks, and reading one ready text is several times cheaper than building it from its parts.

import type { Task } from './task.ts';
import type { ReadyView } from './task-store.ts';

export interface TaskViews {
  /** Names everything the text depends on beside the task; a stored view with another key is out of date. */
  readonly key: string;
  /** The `data` member of the status answer. Any state. */
  render(task: Task): RenderedView;
}

export interface RenderedView {
  /** JSON. */
  text: string;
  /** Whether it would still be rendered like this, although the task itself has not changed; absent where nothing else counts. */
  isCurrent?: () => boolean;
}

export function readyView(views: TaskViews, task: Task): ReadyView {
  return { key: views.key, text: views.render(task).text };
}
