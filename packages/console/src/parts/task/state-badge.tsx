import type { TaskData } from '@plantain/client';
import { taskFacts } from '../../words/task-facts.ts';
import { useWords } from '../../words/words.ts';

/** The state in the vendor's own words; a task that was cancelled says so, as it did not fail. */
export function StateBadge({ task }: { task: Pick<TaskData, 'state' | 'error' | 'progress'> }) {
  const say = useWords(taskFacts);
  const name = task.error?.type === 'cancelled' ? 'cancelled' : task.state;
  return (
    <span className="badge" data-state={name}>
      {say(name)}
      {task.state === 'running' && task.progress > 0 && ` ${Math.round(task.progress * 100)} %`}
    </span>
  );
}
