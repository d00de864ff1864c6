// One task: its pictures, its request, its history, and the actions that are possible now.

import type { TaskData } from '@plantain/client';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { CopyButton } from '../../parts/form/copy-button.tsx';
import { Empty } from '../../parts/notice/empty.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Loading } from '../../parts/notice/loading.tsx';
import { ratioFor } from '../../parts/picture/ratio.ts';
import { Problem } from '../../parts/notice/problem.tsx';
import { StateBadge } from '../../parts/task/state-badge.tsx';
import { TaskFailure } from '../../parts/task/failure.tsx';
import { TaskProgress } from '../../parts/task/progress.tsx';
import { useSession } from '../../session.tsx';
import { useLoad } from '../../use-load.ts';
import { taskFacts } from '../../words/task-facts.ts';
import { useWords } from '../../words/words.ts';
import { isFinal } from '../../live/live-tasks.ts';
import { useLiveTasks } from '../../live/use-live-tasks.ts';
import { TaskActions } from './task-actions.tsx';
import { TaskDeliveries } from './task-deliveries.tsx';
import { TaskPictures } from './task-pictures.tsx';
import { EditAndRerun, TaskRequest } from './task-request.tsx';
import { TaskResult } from './task-result.tsx';
import { TaskTimeline } from './task-timeline.tsx';
import { forgetTask, listPath } from './use-task-list.ts';
import { tasksWords } from './words.ts';
import './task-page.css';

export default function TaskPage({ id }: { id: string }) {
  const say = useWords(tasksWords);
  const { client } = useSession();
  const { tasks, unknown, error } = useLiveTasks(
    client,
    useMemo(() => [id], [id]),
  );
  const task = tasks.get(id);
  const isGone = unknown.has(id);
  // A task that was deleted elsewhere is still in the list that led here.
  useEffect(() => {
    if (isGone) forgetTask(id);
  }, [id, isGone]);
  return (
    <div className="page">
      <Link href={listPath()} className="task-back">
        <Icon name="left" />
        {say('back')}
      </Link>
      {isGone && (
        <Empty icon="search" title={say('unknownTitle')} isPage>
          <p>{say('unknownText')}</p>
          <code>{id}</code>
        </Empty>
      )}
      {error !== null && <Problem error={error} />}
      {task === undefined && error === null && !isGone && <Loading />}
      {task !== undefined && <TaskDetails task={task} />}
    </div>
  );
}

function TaskDetails({ task: latest }: { task: TaskData }) {
  const say = useWords(tasksWords);
  const sayFact = useWords(taskFacts);
  const [, navigate] = useLocation();
  // The answer of a cancel is there before its event.
  const [cancelled, setCancelled] = useState<TaskData | null>(null);
  const task = cancelled !== null && !isFinal(latest) ? cancelled : latest;
  const { client } = useSession();
  const { task_id: id } = task;
  const request = useLoad(
    useCallback((signal: AbortSignal) => client.requestOf(id, { signal }), [client, id]),
  );
  const name = task.error?.type === 'cancelled' ? 'cancelled' : task.state;
  return (
    <>
      <div className="page-head">
        <h1>
          {say('task')} <StateBadge task={task} />
        </h1>
        <div className="row">
          <TaskActions
            task={task}
            isRepeatable={request.value?.prompt_deleted !== true}
            edit={
              request.value !== undefined && (
                <EditAndRerun request={request.value} isMade={task.state !== 'error'} />
              )
            }
            onChange={setCancelled}
            onRetried={(retried) => navigate(`/tasks/${retried}`)}
            onDeleted={() => {
              forgetTask(id);
              navigate(listPath(), { replace: true });
            }}
          />
        </div>
      </div>
      <div className="row">
        <code>{id}</code>
        <CopyButton text={id} label={say('copyId')} />
      </div>
      <p className="visually-hidden" role="status">
        {sayFact(name)}
      </p>
      {task.state === 'error' && <TaskFailure task={task} />}
      <div className="task-halves">
        <div className="stack">
          {!isFinal(task) && <Progress task={task} aspectRatio={request.value?.aspect_ratio} />}
          {task.state === 'succeeded' && (
            <TaskPictures
              task={request.value === undefined ? task : { ...task, prompt: request.value.prompt }}
            />
          )}
          {task.warnings !== undefined && task.warnings.length > 0 && <Warnings of={task.warnings} />}
          <TaskTimeline task={task} />
        </div>
        <div className="stack">
          <TaskRequest task={task} loaded={request} />
          <TaskResult task={task} />
        </div>
      </div>
      <TaskDeliveries task={task} />
    </>
  );
}

/** As high as the picture that takes its place, so that nothing moves then. */
function Progress({ task, aspectRatio }: { task: TaskData; aspectRatio: string | undefined }) {
  const say = useWords(tasksWords);
  return (
    <section className="card stack">
      <div className="page-head">
        <h2>{say('progress')}</h2>
      </div>
      <ul className="task-pictures">
        <li className="stack">
          <TaskProgress task={task} ratio={ratioFor(aspectRatio, [])} />
          <div className="row" />
        </li>
      </ul>
    </section>
  );
}

function Warnings({ of: warnings }: { of: readonly string[] }) {
  const say = useWords(tasksWords);
  return (
    <section className="card stack">
      <h2>{say('warnings')}</h2>
      <ul className="task-warnings" lang="en">
        {warnings.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </section>
  );
}
