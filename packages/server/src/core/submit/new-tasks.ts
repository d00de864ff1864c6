// New tasks of a submit: each with its price, and its priority within what its key may ask for.

import { newTaskId } from '../../lib/ids.ts';
import { RequestError } from '../errors.ts';
import { type Caller, mayUseModel } from '../keys/keys.ts';
import type { Quote } from '../models/quote.ts';
import type { NewTask } from '../tasks/task-store.ts';
import type { AgreedPrice } from '../ledger/money.ts';
import { countOf, type TaskInput } from '../tasks/task.ts';
import type { Submission } from './submission.ts';

/** Caller as far as its submits depend on it. */
export type Submitter = Pick<Caller, 'keyId' | 'ownerId' | 'priorityMax' | 'models' | 'limited'>;

/** Makes the tasks of submissions, whose stored inputs follow each other in `inputs`. */
export function newTasks(
  { keyId, ownerId }: Submitter,
  {
    submissions,
    inputs,
    batchId,
  }: {
    submissions: readonly Submission[];
    inputs: readonly TaskInput[];
    batchId: string | undefined;
  },
  { quote, createdAt }: { quote: Quote; createdAt: number },
): NewTask[] {
  let taken = 0;
  return submissions.map(({ inputs: given, hasEqualInputsOnce = false, ...submission }) => {
    const all = inputs.slice(taken, (taken += given.length));
    const own = hasEqualInputsOnce ? distinct(all) : all;
    const { action, model, priority = 0, deadlineSeconds, ...asked } = submission;
    return {
      id: newTaskId(createdAt),
      keyId,
      ownerId,
      priority,
      action,
      model,
      request: { ...asked, inputs: own },
      createdAt,
      deadlineAt: createdAt + deadlineSeconds * 1000,
      price: priceOf(
        quote({
          model,
          imageSize: asked.imageSize,
          inputs: own.length,
          promptLength: asked.prompt.length,
          partialImages: asked.partialImages,
          count: countOf(asked),
        }),
        countOf(asked),
      ),
      ...(batchId === undefined ? {} : { batchId }),
    };
  });
}

/** Stored inputs are named by their content. */
function distinct(inputs: readonly TaskInput[]): TaskInput[] {
  const nameOf = (input: TaskInput) => (input.kind === 'stored' ? input.key : input.url);
  return [...new Map(inputs.map((input) => [nameOf(input), input])).values()];
}

/** Price of so many pictures, each at the price of one. */
function priceOf({ estimatedMicroUsd, unitMicroUsd }: AgreedPrice, count: number): AgreedPrice {
  return { estimatedMicroUsd: estimatedMicroUsd === null ? null : estimatedMicroUsd * count, unitMicroUsd };
}

/** Throws `RequestError` (`forbidden`) where a submission asks for a higher priority than its key may. */
export function refusePriorities(
  { priorityMax }: Submitter,
  submissions: readonly Pick<Submission, 'priority'>[],
): void {
  const asked = Math.max(0, ...submissions.map(({ priority = 0 }) => priority));
  if (asked <= priorityMax) return;
  const may =
    priorityMax === 0
      ? 'This key may not ask for a priority'
      : `This key may ask for a priority of at most ${priorityMax}`;
  throw new RequestError(
    'forbidden',
    `${may}, and priority is ${asked}. An admin can permit it by priority_max.`,
  );
}

/** Throws `RequestError` (`forbidden`) for a model that the key may not use. */
export function refuseModels(caller: Submitter, submissions: readonly Submission[]): void {
  const refused = submissions.find(({ model }) => !mayUseModel(caller, model));
  if (refused === undefined) return;
  throw new RequestError(
    'forbidden',
    `This key may not use the model ${refused.model}. It may use ${caller.models?.join(', ')}; an admin can change that.`,
  );
}
