// For the operator: tasks of all keys, as far as `operator_sees` lets him see them. Whatever is looked at or ended is in the audit log
// before it is shown or done.

import type { OperatorTaskData } from '@plantain/client';
import { auditEntry, type AuditMembers, type AuditStore } from '../../../core/audit/audit.ts';
import type { CancelTask } from '../../../core/commands/cancel-task.ts';
import type { DeleteTask } from '../../../core/commands/delete-task.ts';
import { RequestError } from '../../../core/errors.ts';
import type { OperatorSees } from '../../../core/tasks/operator-sees.ts';
import type { Task } from '../../../core/tasks/task.ts';
import type { TaskReads } from '../../../core/tasks/task-reads.ts';
import type { Clock } from '../../../lib/clock.ts';
import { createTurnKeeper } from '../../../lib/turns/turn-keeper.ts';
import type { Face } from '../../app.ts';
import { usuallyListed } from '../../queries/task-query.ts';
import type { Values } from '../../route/members.ts';
import type { Call } from '../../route/route.ts';
import type { Serve } from '../../route/serve.ts';
import { type OperatorLinks, operatorTaskData } from '../../views/operator-task.ts';
import { operatorTaskRoutes, type operatorTaskMembers } from './operator-task-routes.ts';

export interface OperatorTasksParts extends Omit<OperatorLinks, 'now'> {
  serve: Serve;
  store: Pick<TaskReads, 'find' | 'findIdsOfAll'> & Pick<AuditStore, 'appendAudit'>;
  sees: OperatorSees;
  cancel: CancelTask;
  deleteTask: DeleteTask;
  clock: Clock;
}

type OfOne = Pick<Call<unknown, 'id', unknown, never>, 'params' | 'audited'>;
type Query = Values<(typeof operatorTaskMembers)['table']>;

export function operatorTasksFace(parts: OperatorTasksParts): Face {
  const { serve, store, sees, cancel, deleteTask } = parts;

  const note = ({ audited }: Pick<OfOne, 'audited'>, subject: string | null, after: AuditMembers | null) =>
    store.appendAudit(auditEntry(audited(), subject, null, after));

  /** Rejects with `RequestError`. */
  async function found({ params: { id } }: OfOne): Promise<Task> {
    refuseUnlessSeen(sees);
    return (await store.find(id)) ?? throwUnknown();
  }

  return serve(operatorTaskRoutes, {
    async listOperatorTasks(call) {
      refuseUnlessSeen(sees);
      await note(call, null, { ...call.query });
      const { ids, next } = await store.findIdsOfAll(toOperatorQuery(call.query));
      return { tasks: await readAll(parts, ids), next_cursor: next };
    },
    async getOperatorTask(call) {
      const task = await found(call);
      await note(call, task.id, null);
      return shown(parts, task);
    },
    async cancelOperatorTask(call) {
      const { id, keyId, finishedAt } = await found(call);
      if (finishedAt === null) await note(call, id, null);
      const outcome = finishedAt === null ? await cancel(id, keyId) : 'final';
      if (outcome === 'unknown') throwUnknown();
      if (outcome === 'final')
        throw new RequestError('conflict', 'This task has ended already, so there is nothing to cancel.');
      return { task_id: id, outcome };
    },
    async deleteOperatorTask(call) {
      const { id, keyId, finishedAt } = await found(call);
      if (finishedAt === null)
        throw new RequestError('conflict', 'This task has not ended. Cancel it first.');
      await note(call, id, null);
      if ((await deleteTask(id, keyId)) === 'unknown') throwUnknown();
      return { task_id: id, deleted: true };
    },
  });
}

/** Throws `RequestError` (`forbidden`). */
export function refuseUnlessSeen(sees: OperatorSees): void {
  if (sees === 'nothing')
    throw new RequestError(
      'forbidden',
      'This server shows its operator nothing of the tasks of other keys: operator_sees (PLANTAIN_OPERATOR_SEES) is nothing. With records or everything in the settings this call works, and every key is told so at /api/me.',
    );
}

function throwUnknown(): never {
  throw new RequestError('not_found', 'There is no task with this id.');
}

function toOperatorQuery({ owner, key, state, model, limit = usuallyListed, cursor }: Query) {
  return {
    limit,
    ...(owner === undefined ? {} : { ownerId: owner }),
    ...(key === undefined ? {} : { keyId: key }),
    ...(state === undefined ? {} : { state }),
    ...(model === undefined ? {} : { model }),
    ...(cursor === undefined ? {} : { beforeId: cursor.toLowerCase() }),
  };
}

/** Reads tasks one by one, as each may be large; one that was deleted meanwhile is left out. */
async function readAll(parts: OperatorTasksParts, ids: readonly string[]): Promise<OperatorTaskData[]> {
  const keepTurns = createTurnKeeper();
  const tasks: OperatorTaskData[] = [];
  for (const id of ids) {
    await keepTurns();
    const task = await parts.store.find(id);
    if (task !== null) tasks.push(shown(parts, task));
  }
  return tasks;
}

function shown({ sees, links, linkTo, clock }: OperatorTasksParts, task: Task): OperatorTaskData {
  return operatorTaskData(task, sees === 'everything' ? { links, linkTo, now: clock.now() } : null);
}
