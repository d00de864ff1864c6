// Parts of a run of `plantain batch`, and what it tells of its lines.

import type { PlantainClient, TaskData } from '../../index.ts';
import type { Journal } from './journal.ts';
import type { BatchLine } from './lines.ts';

export type BatchEnd = { task: TaskData; files: string[] } | { task: TaskData | null; failure: Failure };

export interface BatchEvents {
  /** Called when a line has ended, well or not; `files` are in the journal's folder. */
  ended(line: BatchLine, end: BatchEnd): void;
  /** Called when the progress has changed. */
  moved(): void;
  message(sentence: string): void;
}

export interface Failure {
  type: string;
  message: string;
}

export interface BatchParts {
  client: PlantainClient;
  journal: Journal;
  lines: readonly BatchLine[];
  /** Path in the journal's folder, as `picturePath` takes it. */
  template: string;
  events: BatchEvents;
  signal: AbortSignal;
  /** Whether nothing more is to be submitted; may change during the run. */
  closing: { value: boolean };
  retryFailed: boolean;
}
