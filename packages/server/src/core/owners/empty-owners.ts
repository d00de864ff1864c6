// Deletes all that deleted owners leave: their tasks with the pictures, files, records of clients' batches and endpoints. In steps, since there may be many, and until nothing
// is left: a task that runs is cancelled first, and deleted when it has ended. The ledger stays.

import type { ClientBatchStore } from '../batches/client-batches.ts';
import type { CancelTask } from '../commands/cancel-task.ts';
import type { DeleteTask } from '../commands/delete-task.ts';
import type { KeyStore } from '../keys/key-store.ts';
import type { FileStore } from '../pictures/file-store.ts';
import type { WebhookStore } from '../webhooks/webhook-store.ts';
import type { Clock } from '../../lib/clock.ts';
import { startInterval, type StartTimer } from '../../lib/timers.ts';
import type { OwnerStore } from './owner-store.ts';

const ownersAtOnce = 10;
const tasksAtOnce = 100;
const recordsAtOnce = 100;

export interface EmptyOwnersParts {
  store: Pick<OwnerStore, 'ownersToEmpty' | 'tasksOfOwner' | 'markEmptied'> &
    Pick<KeyStore, 'listKeys' | 'revokeKey'> &
    Pick<FileStore, 'deleteFilesOfKey'> &
    Pick<ClientBatchStore, 'deleteClientBatchesOfKey'> &
    Pick<WebhookStore, 'listEndpoints' | 'deleteEndpoint'>;
  cancel: CancelTask;
  deleteTask: DeleteTask;
  clock: Clock;
}

/** Does one step for each deleted owner that has anything left; resolves with whether there is more to do at once. */
async function emptyOwners(parts: EmptyOwnersParts): Promise<boolean> {
  const { store, clock } = parts;
  let isMore = false;
  for (const id of await store.ownersToEmpty(ownersAtOnce)) {
    const tasks = await deleteTasks(parts, id);
    const rest = await deleteRest(parts, id);
    if (tasks === 'none' && rest === 'none') await store.markEmptied(id, clock.now());
    else if (tasks === 'deleted' || rest === 'deleted') isMore = true;
  }
  return isMore;
}

/** `deleted`: some were; `open`: those that are left have not ended; `none`: none are left. */
type Step = 'deleted' | 'open' | 'none';

async function deleteTasks({ store, cancel, deleteTask }: EmptyOwnersParts, ownerId: string): Promise<Step> {
  const tasks = await store.tasksOfOwner(ownerId, tasksAtOnce);
  if (tasks.length === 0) return 'none';
  const outcomes = await Promise.all(
    tasks.map(({ id, keyId, isFinal }) => (isFinal ? deleteTask(id, keyId) : cancel(id, keyId))),
  );
  return outcomes.some((outcome) => outcome === 'deleted' || outcome === 'cancelled') ? 'deleted' : 'open';
}

async function deleteRest({ store, clock }: EmptyOwnersParts, ownerId: string): Promise<Step> {
  let step: Step = 'none';
  for (const key of await store.listKeys()) {
    if (key.ownerId !== ownerId) continue;
    // One that was made while the owner was deleted.
    if (key.revokedAt === null) await store.revokeKey(key.id, clock.now());
    const files = await store.deleteFilesOfKey(key.id, recordsAtOnce);
    const batches = await store.deleteClientBatchesOfKey(key.id, recordsAtOnce);
    const endpoints = await store.listEndpoints(key.id);
    for (const { id } of endpoints) await store.deleteEndpoint(id, clock.now());
    if (files + batches > 0) step = 'deleted';
  }
  return step;
}

const lookMs = 1_000;

/** Begins to empty deleted owners; gives the function that stops it, which resolves when no step is under way. */
export function startEmptyingOwners(
  parts: EmptyOwnersParts,
  { startTimer, onFault }: { startTimer: StartTimer; onFault: (error: unknown) => void },
): () => Promise<void> {
  let isStopping = false;
  let running: Promise<void> | null = null;
  async function run(): Promise<void> {
    try {
      let isMore = true;
      while (isMore && !isStopping) isMore = await emptyOwners(parts);
    } catch (error) {
      onFault(error);
    }
    running = null;
  }
  const end = startInterval(startTimer, () => void (running ??= run()), lookMs);
  return async () => {
    isStopping = true;
    end();
    await running;
  };
}
