// What can be done with a request: each only where it makes sense.

import type { TaskData } from '@plantain/client';
import { useLayoutEffect, useRef } from 'react';
import { Link } from 'wouter';
import { Icon } from '../../parts/icon.tsx';
import { addInput } from '../../parts/picture/inputs.ts';
import { isExpired, picturesOf } from '../../parts/picture/links.ts';
import { SteadyButton } from '../../parts/form/steady-button.tsx';
import { controlWords } from '../../words/controls.ts';
import { useWords } from '../../words/words.ts';
import { focusCardOf } from './focus-results.ts';
import { isFinal } from '../../live/live-tasks.ts';
import { RunDownload } from './run-download.tsx';
import type { Run } from './runs.ts';
import { playgroundWords } from './words.ts';

export interface RunDoings {
  /** Fills the form with the request. */
  change: (run: Run) => void;
  /** Makes a task once more that has failed. */
  retry: (run: Run, task: TaskData) => void;
  cancel: (task: TaskData) => void;
  remove: (run: Run) => void;
  /** For the comparison, or not any more. */
  pick: (run: Run) => void;
}

export function RunActions({
  run,
  task,
  picked,
  doings,
}: {
  run: Run;
  task: TaskData | undefined;
  picked: boolean;
  doings: RunDoings;
}) {
  const say = useWords(playgroundWords);
  const sayControl = useWords(controlWords);
  const ended = run.refusal !== undefined || (task !== undefined && isFinal(task));
  return (
    <div className="run-actions">
      <div className="run-main">
        {task?.error?.retryable === true && (
          <button type="button" className="button small" onClick={() => doings.retry(run, task)}>
            <Icon name="retry" />
            {sayControl('retry')}
          </button>
        )}
        {ended && (
          <button
            type="button"
            className="button small"
            title={say('changeLong')}
            onClick={() => doings.change(run)}
          >
            <Icon name="wand" />
            {say('change')}
          </button>
        )}
        {task !== undefined && !isFinal(task) && (
          <CancelButton isOff={task.cancel_requested === true} onCancel={() => doings.cancel(task)} />
        )}
      </div>
      <div className="run-tools">
        {task !== undefined && !isExpired(task) && (
          <ResultTools run={run} task={task} picked={picked} onPick={() => doings.pick(run)} />
        )}
        {task !== undefined && (
          <Link
            href={`/tasks/${task.task_id}`}
            className="button bare small"
            aria-label={say('details')}
            title={say('details')}
          >
            <Icon name="list" />
          </Link>
        )}
      </div>
    </div>
  );
}

/** When the task has ended there is nothing to cancel: the focus goes to the card then, rather than to nowhere. */
function CancelButton({ isOff, onCancel }: { isOff: boolean; onCancel: () => void }) {
  const say = useWords(playgroundWords);
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const { current } = button;
    // Before it is taken out of the page.
    return () => {
      if (current !== null && current === document.activeElement) focusCardOf(current);
    };
  }, []);
  return (
    <SteadyButton ref={button} className="button small" isOff={isOff} onPress={onCancel}>
      <Icon name="close" />
      {say('cancelTask')}
    </SteadyButton>
  );
}

function ResultTools({
  run,
  task,
  picked,
  onPick,
}: {
  run: Run;
  task: TaskData;
  picked: boolean;
  onPick: () => void;
}) {
  const say = useWords(playgroundWords);
  const { prompt } = run.fields;
  const pictures = picturesOf(task, prompt);
  const { length: count } = pictures;
  if (count === 0) return null;
  const inputLabel = say(count === 1 ? 'useAsInput' : 'useAllAsInput', { count });
  return (
    <>
      <label className="button bare small pick">
        <input
          type="checkbox"
          checked={picked}
          aria-label={say('comparePick', { prompt })}
          onChange={onPick}
        />
        {say('compare')}
      </label>
      <button
        type="button"
        className="button bare small"
        aria-label={inputLabel}
        title={inputLabel}
        onClick={() => pictures.forEach(addInput)}
      >
        <Icon name="plus" />
      </button>
      <RunDownload task={task} pictures={pictures} />
    </>
  );
}
