// Buttons to cancel, retry and delete a task, in the table and on the task's own page. The person confirms first where money may be lost
// and where nothing can be undone.

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

type Action = 'cancel' | 'retry' | 'delete';

interface TaskActionsProps {
  task: TaskData;
  /** Gets the task as it is after it was cancelled. */
  onChange: (task: TaskData) => void;
  onRetried: (id: string) => void;
  /** Gets the id of the task that is gone. */
  onDeleted: (id: string) => void;
  /** Button that fills the playground with the request, where that is known. */
  edit?: ReactNode;
  /** Whether the server still has the prompt; default: where the list does not say that it was deleted. */
  isRepeatable?: boolean;
  /** Icons instead of words, where there is little room. */
  isBrief?: boolean;
}

export function TaskActions({
  task,
  edit,
  isRepeatable = task.prompt !== '',
  isBrief = false,
  ...outcomes
}: TaskActionsProps) {
  const say = useWords(tasksWords);
  const refusals = useWords(refusalWords);
  const calls = useCalls(task.task_id, outcomes);
  const [asking, setAsking] = useState<Action | null>(null);
  const { isBusy, start, error } = useStart(calls);
  const isCancelling = !isFinal(task) && (task.cancel_requested === true || isBusy);

  // Where the same request would fail again, a retry comes last, and in the table not at all.
  const retry = (name: 'retryTask' | 'retryAnyway') => (
    <ActionButton
      icon="retry"
      name={say(name)}
      isBrief={isBrief}
      isOff={isBusy}
      onPress={() => (mayBeBilled(task) || !isWorthwhile(task) ? setAsking('retry') : start('retry'))}
    />
  );

  return (
    <>
      {!isFinal(task) && (
        <ActionButton
          icon="close"
          name={isCancelling ? say('cancelling') : say('cancelTask')}
          isBrief={isBrief}
          isOff={isCancelling}
          onPress={() => (task.state === 'running' ? setAsking('cancel') : start('cancel'))}
        />
      )}
      {isRepeatable && isWorthwhile(task) && retry('retryTask')}
      {edit}
      {isRepeatable && task.state === 'error' && !isWorthwhile(task) && !isBrief && retry('retryAnyway')}
      {isFinal(task) && (
        <ActionButton
          icon="trash"
          name={say('deleteTask')}
          isBrief={isBrief}
          isOff={false}
          onPress={() => setAsking('delete')}
        />
      )}
      {asking !== null && (
        <ConfirmAction
          action={asking}
          task={task}
          onConfirm={calls[asking]}
          onClose={() => setAsking(null)}
        />
      )}
      {error.value !== null && (
        <Dialog title={refusals('failed')} onClose={error.forget}>
          <Problem error={error.value} isOnce />
        </Dialog>
      )}
    </>
  );
}

type Calls = Readonly<Record<Action, () => Promise<void>>>;

function useCalls(
  id: string,
  { onChange, onRetried, onDeleted }: Pick<TaskActionsProps, 'onChange' | 'onRetried' | 'onDeleted'>,
): Calls {
  const { client } = useSession();
  return {
    cancel: async () => onChange(await client.cancel(id)),
    retry: async () => onRetried((await client.retry(id)).task_id),
    delete: async () => onDeleted((await client.delete(id)).task_id),
  };
}

/** Makes the calls that need no confirmation; a failure stays until it is forgotten. */
function useStart(calls: Calls) {
  const [isBusy, setBusy] = useState(false);
  const [value, setError] = useState<unknown>(null);
  function start(action: Action): void {
    setBusy(true);
    calls[action]()
      .catch(setError)
      .finally(() => setBusy(false));
  }
  return { isBusy, start, error: { value, forget: () => setError(null) } };
}

function ConfirmAction({
  action,
  task,
  onConfirm,
  onClose,
}: {
  action: Action;
  task: TaskData;
  onConfirm: () => Promise<void>;
  onClose: () => void;
}) {
  const say = useWords(tasksWords);
  return (
    <Confirm
      title={say(`${action}Title`)}
      action={say(`${action}Now`)}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      {action === 'cancel' && <p>{say('cancelText')}</p>}
      {action === 'delete' && <p>{say('deleteText')}</p>}
      {action === 'retry' && mayBeBilled(task) && <p>{say('retryBilled')}</p>}
      {action === 'retry' && !isWorthwhile(task) && <p>{say('retryUseless')}</p>}
    </Confirm>
  );
}

function ActionButton({
  icon,
  name,
  isBrief,
  isOff,
  onPress,
}: {
  icon: IconName;
  name: string;
  isBrief: boolean;
  isOff: boolean;
  onPress: () => void;
}) {
  return (
    <SteadyButton
      className={isBrief ? 'button bare small' : 'button small'}
      aria-label={isBrief ? name : undefined}
      title={isBrief ? name : undefined}
      isOff={isOff}
      onPress={onPress}
    >
      <Icon name={icon} />
      {!isBrief && name}
    </SteadyButton>
  );
}

/** True where the same request may succeed another time. */
function isWorthwhile({ error }: TaskData): boolean {
  return error?.retryable === true || error?.type === 'cancelled';
}
