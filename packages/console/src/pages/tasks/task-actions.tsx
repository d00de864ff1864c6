// Cancelling and trying again, in the table and on a task's own page. What may cost money for nothing is asked about first.

import type { TaskData } from '@plantain/client';
import { useState } from 'react';
import { Confirm } from '../../parts/confirm.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useSession } from '../../session.tsx';
import { commonWords } from '../../words/common.ts';
import { useWords } from '../../words/words.ts';
import { isFinal } from '../playground/live-tasks.ts';
import { mayBeBilled } from './timeline.ts';
import { tasksWords } from './words.ts';

export function TaskActions({
  task,
  onChange,
  onRetried,
}: {
  task: TaskData;
  /** Gets the task as it is after it was cancelled. */
  onChange: (task: TaskData) => void;
  /** Gets the id of the new task. */
  onRetried: (id: string) => void;
}) {
  const say = useWords(tasksWords);
  const common = useWords(commonWords);
  const { client } = useSession();
  const { task_id: id } = task;
  const [asking, setAsking] = useState<'cancel' | 'retry' | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isCancelling = !isFinal(task) && (task.cancel_requested === true || busy);

  const doings = {
    cancel: async () => onChange(await client.cancel(id)),
    retry: async () => onRetried((await client.retry(id)).task_id),
  };
  function start(what: keyof typeof doings, isDear: boolean): void {
    if (isDear) {
      setAsking(what);
      return;
    }
    setBusy(true);
    doings[what]()
      .catch(setError)
      .finally(() => setBusy(false));
  }

  return (
    <>
      {!isFinal(task) && (
        <button
          type="button"
          className="button small"
          aria-disabled={isCancelling}
          onClick={() => {
            if (!isCancelling) start('cancel', task.state === 'running');
          }}
        >
          <Icon name="close" />
          {isCancelling ? say('cancelling') : say('cancelTask')}
        </button>
      )}
      {task.state === 'error' && (
        <button
          type="button"
          className="button small"
          disabled={busy}
          onClick={() => start('retry', mayBeBilled(task) || !isWorthwhile(task))}
        >
          <Icon name="retry" />
          {say('retryTask')}
        </button>
      )}
      {asking !== null && (
        <Confirm
          title={say(asking === 'cancel' ? 'cancelTitle' : 'retryTitle')}
          action={say(asking === 'cancel' ? 'cancelNow' : 'retryTask')}
          onConfirm={doings[asking]}
          onClose={() => setAsking(null)}
        >
          {asking === 'cancel' && <p>{say('cancelText')}</p>}
          {asking === 'retry' && mayBeBilled(task) && <p>{say('retryBilled')}</p>}
          {asking === 'retry' && !isWorthwhile(task) && <p>{say('retryUseless')}</p>}
        </Confirm>
      )}
      {error !== null && (
        <Dialog title={common('failed')} onClose={() => setError(null)}>
          <Problem error={error} />
        </Dialog>
      )}
    </>
  );
}

/** Whether the same request may succeed another time. */
function isWorthwhile({ error }: TaskData): boolean {
  return error?.retryable === true || error?.type === 'cancelled';
}
