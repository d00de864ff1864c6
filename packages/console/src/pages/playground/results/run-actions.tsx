// Actions of a request, each shown where it makes sense.

import type { TaskData } from '@plantain/client';
import { useLayoutEffect, useRef } from 'react';
import { Link } from 'wouter';
import { Icon } from '../../../parts/icon.tsx';
import { addInput } from '../../../parts/picture/inputs.ts';
import { isExpired, picturesOf } from '../../../parts/picture/links.ts';
import { SteadyButton } from '../../../parts/form/steady-button.tsx';
import { controlWords } from '../../../words/controls.ts';
import { useWords } from '../../../words/words.ts';
import { focusCardOf } from './focus-results.ts';
import { isFinal } from '../../../live/live-tasks.ts';
import { RunDownload } from './run-download.tsx';
import type { Run } from '../requests/runs.ts';
import { playgroundWords } from '../words.ts';

export interface RunHandlers {
  /** Fills the form with the request. */
  change: (run: Run) => void;
  /** Submits a failed task once more. */
  retry: (run: Run, task: TaskData) => void;
  cancel: (task: TaskData) => void;
  remove: (run: Run) => void;
  /** Adds the run to the comparison, or removes it. */
  pick: (run: Run) => void;
}

export function RunActions({
  run,
  task,
  picked,
  handlers,
}: {
  run: Run;
  task: TaskData | undefined;
  picked: boolean;
  handlers: RunHandlers;
}) {
  const say = useWords(playgroundWords);
  const sayControl = useWords(controlWords);
  const ended = run.refusal !== undefined || (task !== undefined && isFinal(task));
  return (
    <div className="run-actions">
      <div className="run-main">
        {task?.error?.retryable === true && (
          <button type="button" className="button small" onClick={() => handlers.retry(run, task)}>
            <Icon name="retry" />
            {sayControl('retry')}
          </button>
        )}
        {ended && (
          <button
            type="button"
            className="button small"
            title={say('changeLong')}
            onClick={() => handlers.change(run)}
          >
            <Icon name="wand" />
            {say('change')}
          </button>
        )}
        {task !== undefined && !isFinal(task) && (
          <CancelButton isOff={task.cancel_requested === true} onCancel={() => handlers.cancel(task)} />
        )}
      </div>
      <div className="run-tools">
        {task !== undefined && !isExpired(task) && (
          <ResultTools run={run} task={task} picked={picked} onPick={() => handlers.pick(run)} />
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

/** Button that cancels the task. When the task ends the button goes; the focus goes to the card then, where it was on the button. */
function CancelButton({ isOff, onCancel }: { isOff: boolean; onCancel: () => void }) {
  const say = useWords(playgroundWords);
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const { current } = button;
    // A layout effect ends before the button leaves the page.
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
