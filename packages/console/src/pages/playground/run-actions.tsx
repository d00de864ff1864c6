// What can be done with a request: each only where it makes sense.

import type { TaskData } from '@plantain/client';
import { Link } from 'wouter';
import { Icon } from '../../parts/icon.tsx';
import { addInput } from '../../parts/picture-inputs.ts';
import { isExpired, picturesOf } from '../../parts/picture-links.ts';
import { DownloadLink } from '../../parts/picture-viewer.tsx';
import { commonWords } from '../../words/common.ts';
import { useWords } from '../../words/words.ts';
import { isFinal } from './live-tasks.ts';
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
  const sayCommon = useWords(commonWords);
  const ended = run.refusal !== undefined || (task !== undefined && isFinal(task));
  return (
    <div className="row run-actions">
      {task !== undefined && !isExpired(task) && (
        <ResultActions run={run} task={task} picked={picked} onPick={() => doings.pick(run)} />
      )}
      {task?.error?.retryable === true && (
        <button type="button" className="button small" onClick={() => doings.retry(run, task)}>
          <Icon name="retry" />
          {sayCommon('retry')}
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
        <button
          type="button"
          className="button small"
          disabled={task.cancel_requested === true}
          onClick={() => doings.cancel(task)}
        >
          <Icon name="close" />
          {say('cancelTask')}
        </button>
      )}
      {task !== undefined && (
        <Link href={`/tasks/${task.task_id}`} className="button small">
          {say('details')}
        </Link>
      )}
    </div>
  );
}

function ResultActions({
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
  const pictures = picturesOf(task);
  const [first] = pictures;
  if (first === undefined) return null;
  return (
    <>
      <label className="button small pick">
        <input
          type="checkbox"
          checked={picked}
          aria-label={say('comparePick', { prompt: run.fields.prompt })}
          onChange={onPick}
        />
        {say('compare')}
      </label>
      <button
        type="button"
        className="button small"
        title={say('useAsInputLong')}
        onClick={() => pictures.forEach(addInput)}
      >
        <Icon name="plus" />
        {say('useAsInput')}
      </button>
      <DownloadLink url={first.url} fileName={first.fileName} />
    </>
  );
}
