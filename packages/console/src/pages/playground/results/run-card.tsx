// One request of this tab: sent, waiting, being made, done or failed, with what can be done next.

import { ApiError, type TaskData } from '@plantain/client';
import { useId } from 'react';
import { Icon } from '../../../parts/icon.tsx';
import { isExpired } from '../../../parts/picture/links.ts';
import { Problem } from '../../../parts/notice/problem.tsx';
import { StateBadge } from '../../../parts/task/state-badge.tsx';
import { TaskFailure } from '../../../parts/task/failure.tsx';
import { TaskProgress } from '../../../parts/task/progress.tsx';
import { taskFacts } from '../../../words/task-facts.ts';
import { useWords } from '../../../words/words.ts';
import { isFinal } from '../../../live/live-tasks.ts';
import { RunActions, type RunHandlers } from './run-actions.tsx';
import { RunFacts } from './run-facts.tsx';
import { RunPictures } from './run-pictures.tsx';
import { RunWords } from './run-words.tsx';
import type { Run } from '../requests/runs.ts';
import { playgroundWords } from '../words.ts';

export function RunCard({
  run,
  task,
  picked,
  handlers,
}: {
  run: Run;
  /** Absent until the server has answered. */
  task: TaskData | undefined;
  /** True where it is part of the comparison. */
  picked: boolean;
  handlers: RunHandlers;
}) {
  const say = useWords(playgroundWords);
  const sayFact = useWords(taskFacts);
  const title = useId();
  const { prompt } = run.fields;
  const ended = run.refusal !== undefined || (task !== undefined && isFinal(task));
  const isMaking = !ended;
  const hasPictures = task?.state === 'succeeded' && !isExpired(task);
  const warnings = [...new Set([...(run.warnings ?? []), ...(task?.warnings ?? [])])];
  return (
    <article className="card run" aria-labelledby={title}>
      <div className="run-head">
        {task !== undefined && <StateBadge task={task} />}
        {task === undefined && run.refusal === undefined && <span className="badge">{say('sending')}</span>}
        {run.refusal !== undefined && (
          <span className="badge" data-state="error">
            {sayFact('error')}
          </span>
        )}
        {ended && (
          <button
            type="button"
            className="button bare"
            aria-label={say('remove', { prompt })}
            onClick={() => handlers.remove(run)}
          >
            <Icon name="close" />
          </button>
        )}
      </div>
      <h3 id={title} className="run-prompt" title={prompt}>
        {prompt}
      </h3>
      {isMaking && <TaskProgress task={task} ratio={run.ratio ?? 1} />}
      {run.refusal !== undefined && (
        <Problem error={new ApiError({ ...run.refusedAs, message: run.refusal, status: 400 })} />
      )}
      {hasPictures && <RunPictures run={run} task={task} />}
      {task?.state === 'succeeded' && isExpired(task) && <p className="muted">{say('expired')}</p>}
      {task?.state === 'error' && <TaskFailure task={task} />}
      {(isMaking || hasPictures) && <RunWords task={task} />}
      <RunFacts run={run} task={task} />
      {warnings.length > 0 && (
        <details className="run-warnings">
          <summary>
            {say('warnings')} ({warnings.length})
          </summary>
          <ul lang="en">
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </details>
      )}
      <RunActions run={run} task={task} picked={picked} handlers={handlers} />
    </article>
  );
}
