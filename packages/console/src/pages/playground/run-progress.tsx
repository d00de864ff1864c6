// What becomes of a task that has not ended, and what one that has ended took.

import type { TaskData, TaskWaiting } from '@plantain/client';
import { useCallback } from 'react';
import { useFormat } from '../../parts/format.ts';
import { useNow } from '../../parts/use-now.ts';
import { useWords } from '../../words/words.ts';
import type { Run } from './runs.ts';
import { playgroundWords } from './words.ts';

const waitingWords = {
  retry: 'waitRetry',
  busy: 'waitBusy',
  rate_limited: 'waitRateLimited',
  quota: 'waitQuota',
  circuit_open: 'waitCircuit',
} as const satisfies Record<TaskWaiting['reason'], string>;

/** A function that says why a pending task waits. */
export function useWaitingFor(): (reason: TaskWaiting['reason']) => string {
  const say = useWords(playgroundWords);
  return useCallback((reason) => say(waitingWords[reason]), [say]);
}

export function RunProgress({ task }: { task: TaskData | undefined }) {
  const say = useWords(playgroundWords);
  const running = task?.state === 'running';
  return (
    <div className="run-progress">
      <div className="run-wait" aria-hidden="true">
        <span className="spinner" />
      </div>
      {running && task.progress > 0 ? (
        <progress value={task.progress} aria-label={say('progress')} />
      ) : (
        <progress aria-label={say('progress')} />
      )}
      <p className="muted">{task !== undefined && <Waiting task={task} />}</p>
    </div>
  );
}

function Waiting({ task }: { task: TaskData }) {
  const say = useWords(playgroundWords);
  const waitingFor = useWaitingFor();
  const format = useFormat();
  const now = useNow();
  if (task.cancel_requested) return say('cancelling');
  const { state, waiting, queue_position: place, estimated_finish: finish } = task;
  const startedAt = Number(task.attempts.at(-1)?.start_time ?? task.create_time);
  const sayings = [
    state === 'pending' && place !== undefined && say('queuePlace', { place: format.number(place) }),
    waiting !== undefined && waitingFor(waiting.reason),
    // "In 20 sec.", which needs no more words.
    Number(waiting?.until) > now && format.relative(waiting?.until ?? 0, now * 1000),
    state === 'running' &&
      say('since', { duration: format.duration(Math.max(0, Math.floor(now - startedAt))) }),
    Number(finish) > now && say('left', { duration: format.duration(Math.ceil(Number(finish) - now)) }),
  ];
  return sayings.filter((saying) => saying !== false).join(' · ');
}

export function RunFacts({ run: { body }, task }: { run: Run; task: TaskData }) {
  const say = useWords(playgroundWords);
  const format = useFormat();
  // Both are whole seconds.
  const seconds = Number(task.update_time) - Number(task.create_time);
  const facts = [
    task.model,
    body.aspect_ratio !== 'auto' && body.aspect_ratio,
    body.image_size,
    body.seed !== undefined && say('seedOf', { seed: body.seed }),
    say(seconds === 0 ? 'tookUnder' : 'took', { duration: format.duration(Math.max(1, seconds)) }),
    task.cost_micro_usd !== undefined && format.dollars(task.cost_micro_usd),
  ];
  return <p className="muted run-facts">{facts.filter((fact) => typeof fact === 'string').join(' · ')}</p>;
}
