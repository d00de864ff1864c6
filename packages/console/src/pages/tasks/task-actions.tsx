// Cancelling, trying again and deleting, in the table and on a task's own page. What may cost money for nothing, and what can't be
// undone, is asked about first.

import type { TaskData } from '@plantain/client';
import { type ReactNode, useState } from 'react';
import { Confirm } from '../../parts/dialog/confirm.tsx';
import { Dialog } from '../../parts/dialog/dialog.tsx';
import { Icon, type IconName } from '../../parts/icon.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { SteadyButton } from '../../parts/form/steady-button.tsx';
import { useSession } from '../../session.tsx';
import { refusalWords } from '../../words/refusals.ts';
import { useWords } from '../../words/words.ts';
import { isFinal } from '../../live/live-tasks.ts';
import { mayBeBilled } from './timeline.ts';
import { tasksWords } from './words.ts';

type Deed = 'cancel' | 'retry' | 'delete';

export function TaskActions({
  task,
  onChange,
  onRetried,
  onDeleted,
  edit,
  isBrief = false,
}: {
  task: TaskData;
  /** Gets the task as it is after it was cancelled. */
  onChange: (task: TaskData) => void;
  /** Gets the id of the new task. */
  onRetried: (id: string) => void;
  /** Gets the id of the task that is gone. */
  onDeleted: (id: string) => void;
  /** The button that fills the playground with the request, where that is known. */
  edit?: ReactNode;
  /** Where there is little room, signs stand for words. */
  isBrief?: boolean;
}) {
  const say = useWords(tasksWords);
  const sayRefusal = useWords(refusalWords);
  const { client } = useSession();
  const { task_id: id } = task;
  const [asking, setAsking] = useState<Deed | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isCancelling = !isFinal(task) && (task.cancel_requested === true || busy);

  const doings: Record<Deed, () => Promise<void>> = {
    cancel: async () => onChange(await client.cancel(id)),
    retry: async () => onRetried((await client.retry(id)).task_id),
    delete: async () => onDeleted((await client.delete(id)).task_id),
  };
  function start(what: Deed, isDear: boolean): void {
    if (isDear) {
      setAsking(what);
      return;
    }
    setBusy(true);
    doings[what]()
      .catch(setError)
      .finally(() => setBusy(false));
  }

  // Where the same request would fail again, this is no first choice, and in a list none at all.
  const retry = (name: 'retryTask' | 'retryAnyway') => (
    <Doing
      icon="retry"
      name={say(name)}
      isBrief={isBrief}
      isOff={busy}
      onDo={() => start('retry', mayBeBilled(task) || !isWorthwhile(task))}
    />
  );

  return (
    <>
      {!isFinal(task) && (
        <Doing
          icon="close"
          name={isCancelling ? say('cancelling') : say('cancelTask')}
          isBrief={isBrief}
          isOff={isCancelling}
          onDo={() => start('cancel', task.state === 'running')}
        />
      )}
      {isWorthwhile(task) && retry('retryTask')}
      {edit}
      {task.state === 'error' && !isWorthwhile(task) && !isBrief && retry('retryAnyway')}
      {isFinal(task) && (
        <Doing
          icon="trash"
          name={say('deleteTask')}
          isBrief={isBrief}
          isOff={false}
          onDo={() => setAsking('delete')}
        />
      )}
      {asking !== null && (
        <Confirm
          title={say(`${asking}Title`)}
          action={say(`${asking}Now`)}
          onConfirm={doings[asking]}
          onClose={() => setAsking(null)}
        >
          {asking === 'cancel' && <p>{say('cancelText')}</p>}
          {asking === 'delete' && <p>{say('deleteText')}</p>}
          {asking === 'retry' && mayBeBilled(task) && <p>{say('retryBilled')}</p>}
          {asking === 'retry' && !isWorthwhile(task) && <p>{say('retryUseless')}</p>}
        </Confirm>
      )}
      {error !== null && (
        <Dialog title={sayRefusal('failedTitle')} onClose={() => setError(null)}>
          <Problem error={error} isOnce />
        </Dialog>
      )}
    </>
  );
}

function Doing({
  icon,
  name,
  isBrief,
  isOff,
  onDo,
}: {
  icon: IconName;
  name: string;
  isBrief: boolean;
  isOff: boolean;
  onDo: () => void;
}) {
  return (
    <SteadyButton
      className={isBrief ? 'button bare small' : 'button small'}
      aria-label={isBrief ? name : undefined}
      title={isBrief ? name : undefined}
      isOff={isOff}
      onPress={onDo}
    >
      <Icon name={icon} />
      {!isBrief && name}
    </SteadyButton>
  );
}

/** Whether the same request may succeed another time. */
function isWorthwhile({ error }: TaskData): boolean {
  return error?.retryable === true || error?.type === 'cancelled';
}
