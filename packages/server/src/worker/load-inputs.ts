// Brings a task's pictures into memory for its calls. What was fetched is kept as it came, and the stored task then names the
// copy in the place of the link: no later run of the task fetches it again, and each sees the same picture. That goes on
// beside the call. Where it fails the run loses nothing: it has the bytes.

import type { LoadedInputs, OnFetched } from '../core/pictures/inputs.ts';
import { untilAborted } from '../lib/abort.ts';
import type { RunDependencies } from './run.ts';
import type { TaskRun } from './task-run.ts';

/** Sets `run.copying` as soon as all links were fetched or one of them failed. Throws as the loading does, and what the signal says. */
export async function loadInputs(dependencies: RunDependencies, run: TaskRun): Promise<LoadedInputs> {
  const { task, lease, signal } = run;
  const inputs = [...task.request.inputs];
  const copies: Promise<void>[] = [];
  const tell = (error: unknown) => dependencies.onInternalError(task, error);
  async function note(...[index, kept]: Parameters<OnFetched>): Promise<void> {
    try {
      const role = inputs[index]?.role;
      inputs[index] = { ...(await kept), ...(role === undefined ? {} : { role }) };
    } catch (error) {
      tell(error);
    }
  }
  async function copy(): Promise<void> {
    await Promise.all(copies);
    if (inputs.some((input, index) => input !== task.request.inputs[index]))
      await dependencies.store.saveInputsIfLeased(lease, inputs);
  }
  try {
    const onFetched: OnFetched = (index, kept) => void copies.push(note(index, kept));
    return await untilAborted(
      dependencies.loadInputs(task.request.inputs, signal, onFetched, task.keyId),
      signal,
    );
  } finally {
    run.copying = copy().catch(tell);
  }
}
