// Messages of webhooks in the form of a face: a task that came by one calls its `callback_url` as that other API does.

import type { FaceName, Task } from '../tasks/task.ts';

export interface FaceMessage {
  /** JSON. */
  body: string;
  /** Headers by which the receiver verifies the body; left out where it is signed as all other messages are. */
  headers?: Readonly<Record<string, string>>;
}

/**
 * Makes the message of a task; `null` in a state in which the other API has none. `at` is the time of the attempt, Unix milliseconds.
 */
export type FormMessage = (task: Task, at: number) => FaceMessage | null;

/** Forms by the names of their faces. */
export type MessageForms = Readonly<Record<FaceName, FormMessage>>;
