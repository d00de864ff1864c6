// Run of the calls for some pictures of a task, beside those for others: under the lease of the task, and stopped with it.

import type { PartialImagesOfRun } from '../../core/partial-images/partial-images.ts';
import { broughtPictures, type PictureGroup, triesOf } from '../../core/tasks/several-pictures.ts';
import { type Attempt, countOf, type StoredOperation } from '../../core/tasks/task.ts';
import type { AttemptEnd } from '../../core/tasks/task-queue.ts';
import { closeAttempt } from '../../core/tasks/task-moves.ts';
import { CallRun } from '../call-run.ts';
import type { TaskRun } from '../task-run.ts';

/** Shares of calls that are done, by the first of their pictures; each counts for as many pictures as it is for. */
export type Shares = Map<number, number>;

export class PictureRun extends CallRun {
  readonly indices: readonly number[];
  readonly #run: TaskRun;
  readonly #shares: Shares;

  /** `isSetAside`: as of the task, for the first of its calls. `tried`: where these pictures failed in this run of the task. */
  constructor(
    run: TaskRun,
    { indices, attempts, open }: PictureGroup,
    {
      shares,
      isSetAside = false,
      tried,
    }: { shares: Shares; isSetAside?: boolean; tried?: CallRun['tried'] | undefined },
  ) {
    // Where no call was made yet, it was the inputs that failed, and each take of the task was a try.
    const triesUsed = attempts.length === 0 ? run.task.triesUsed : triesOf({ attempts }) + 1;
    const task = { ...run.task, attempts, triesUsed };
    super(run.lease, { task, attempt: open, isCalled: open !== null, isSetAside });
    for (const name of tried?.upstreams ?? []) this.tried.upstreams.add(name);
    for (const name of tried?.credentials ?? []) this.tried.credentials.add(name);
    this.indices = indices;
    this.#run = run;
    this.#shares = shares;
  }

  get signal(): AbortSignal {
    return this.#run.signal;
  }

  isLost(now: number): boolean {
    return this.#run.isLost(now);
  }

  get partialImages(): PartialImagesOfRun | undefined {
    return this.#run.partialImages;
  }

  override open(attempt: Attempt): void {
    super.open(attempt);
    this.#run.noteAttempt(attempt);
  }

  override follow(operation: StoredOperation): void {
    super.follow(operation);
    if (this.attempt !== null) this.#run.noteAttempt(this.attempt);
  }

  override close(attempt: Attempt, end: AttemptEnd, at: number): void {
    super.close(attempt, end, at);
    this.#run.noteAttempt(closeAttempt(attempt, end, at));
    this.#shares.delete(this.#place);
    this.#tell();
  }

  advance(progress: number): void {
    const share = Math.min(progress, 1) * this.indices.length;
    if (!(share > (this.#shares.get(this.#place) ?? 0))) return;
    this.#shares.set(this.#place, share);
    this.#tell();
  }

  get #place(): number {
    return this.indices[0] ?? 0;
  }

  /** Progress of the task: pictures that are there, and shares of those that are being made. */
  #tell(): void {
    const { task } = this.#run;
    let done = broughtPictures(task).length;
    for (const share of this.#shares.values()) done += share;
    this.#run.advance(done / countOf(task.request));
  }
}
