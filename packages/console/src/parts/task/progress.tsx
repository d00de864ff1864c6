// Progress of a task that has not ended: its position in the queue, why it waits, and how long it may take.

import type { TaskData, TaskWaiting } from '@plantain/client';
import { useCallback } from 'react';
import { useWords } from '../../words/words.ts';
import { useFormat } from '../format/format.ts';
import { taskProgressWords } from './progress-words.ts';
import { useNow } from '../use-now.ts';
import '../picture/image.css';
import './progress.css';

const waitingWords = {
  retry: 'waitRetry',
  limit: 'waitLimit',
  busy: 'waitBusy',
  rate_limited: 'waitRateLimited',
  quota: 'waitQuota',
  circuit_open: 'waitCircuit',
} as const satisfies Record<TaskWaiting['reason'], string>;

/** A function that says why a pending task waits: in the server's words, where a newer one has a reason that is not known here. */
export function useWaitingFor(): (waiting: TaskWaiting) => string {
  const say = useWords(taskProgressWords);
  return useCallback(
    ({ reason, message }) => (Object.hasOwn(waitingWords, reason) ? say(waitingWords[reason]) : message),
    [say],
  );
}

/** Without a task: one that the server has yet to answer for. `ratio`: width divided by height of the picture that is to come. */
export function TaskProgress({ task, ratio }: { task: TaskData | undefined; ratio: number }) {
  const say = useWords(taskProgressWords);
  const running = task?.state === 'running';
  return (
    <div className="picture-place task-progress" style={{ aspectRatio: ratio }}>
      <span className="spinner" aria-hidden="true" />
      <div className="task-wait">
        {running && task.progress > 0 ? (
          <progress value={task.progress} aria-label={say('progress')} />
        ) : (
          <progress aria-label={say('progress')} />
        )}
        <p className="muted">{task !== undefined && <Waiting task={task} />}</p>
      </div>
    </div>
  );
}

function Waiting({ task }: { task: TaskData }) {
  const say = useWords(taskProgressWords);
  const waitingFor = useWaitingFor();
  const format = useFormat();
  const now = useNow();
  if (task.cancel_requested) return say('cancelling');
  const { state, waiting, queue_position: position, estimated_finish: finish } = task;
  const startedAt = Number(task.attempts.at(-1)?.start_time ?? task.create_time);
  const sayings = [
    state === 'pending' && position !== undefined && say('queuePlace', { place: format.number(position) }),
    waiting !== undefined && waitingFor(waiting),
    // "In 20 sec.", which needs no more words.
    Number(waiting?.until) > now && format.relative(waiting?.until ?? 0, now * 1000),
    state === 'running' && say('since', { duration: format.elapsed(Math.floor(now - startedAt)) }),
    Number(finish) > now && say('left', { duration: format.duration(Math.ceil(Number(finish) - now)) }),
  ];
  return sayings.filter((saying) => saying !== false).join(' · ');
}
