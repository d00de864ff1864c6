// Requests of this tab with their results, the newest first, live.

import { ConnectionError, type TaskData } from '@plantain/client';
import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { Problem } from '../../../parts/notice/problem.tsx';
import { useSession } from '../../../session.tsx';
import { createStored, useStored } from '../../../stored.ts';
import { useWords } from '../../../words/words.ts';
import { Announcer } from './announcer.tsx';
import { CompareBar } from './compare-bar.tsx';
import { FirstSteps } from './first-steps.tsx';
import { focusCard, focusTitle } from './focus-results.ts';
import { isFinal } from '../../../live/live-tasks.ts';
import type { RunHandlers } from './run-actions.tsx';
import { RunCard } from './run-card.tsx';
import {
  addRetry,
  fillForm,
  noteFailures,
  removeRuns,
  type Run,
  runs,
  useSending,
} from '../requests/runs.ts';
import { useLiveTasks } from '../../../live/use-live-tasks.ts';
import { playgroundWords } from '../words.ts';

const away = new ConnectionError('The server can’t be reached.');

/** Idempotency keys of the runs that were picked for the comparison. */
const compared = createStored<readonly string[]>('plantain.playground.compared.1', []);

export function Results({ prompt }: { prompt: RefObject<HTMLTextAreaElement | null> }) {
  const say = useWords(playgroundWords);
  const { client } = useSession();
  const all = useStored(runs);
  const ids = useMemo(() => all.map(({ taskId }) => taskId).filter((id) => id !== undefined), [all]);
  const { tasks, unknown, error, isAway } = useLiveTasks(client, ids);
  const isWaiting = useSending(client);
  const pickedKeys = useStored(compared);
  const picked = useMemo(() => new Set(pickedKeys), [pickedKeys]);
  const section = useShownWhenAdded(all[0]);
  const { handlers, failure, notice } = useRunHandlers({ prompt, section });
  const taskOf = ({ taskId = '' }: Run) => tasks.get(taskId);
  const ended = all.filter((run) => run.refusal !== undefined || hasEnded(taskOf(run)));
  const trouble = error ?? (isAway || isWaiting ? away : null);

  // Unknown tasks were deleted, or made with the key that was signed in before.
  useEffect(() => {
    if (unknown.size > 0) removeRuns(keysOf(runs.get().filter(({ taskId = '' }) => unknown.has(taskId))));
  }, [unknown]);

  useEffect(() => noteFailures(tasks), [tasks, all]);

  return (
    <section ref={section} className="stack" aria-label={say('results')}>
      <p className="visually-hidden" role="status">
        {notice}
      </p>
      <Announcer all={all} tasks={tasks} />
      {trouble !== null && <Problem error={trouble} />}
      {failure !== null && <Problem error={failure} isOnce />}
      {all.length === 0 && <FirstSteps onChosen={() => prompt.current?.focus()} />}
      {all.length > 0 && (
        <div className="row results-head">
          <h2 className="results-title">{say('results')}</h2>
          <CompareBar
            chosen={all.filter((run) => picked.has(run.idempotencyKey))}
            tasks={tasks}
            onNone={() => {
              compared.set(() => []);
              focusTitle(section.current);
            }}
          />
          {ended.length > 0 && (
            <button
              type="button"
              className="button small"
              onClick={() => {
                flushSync(() => removeRuns(keysOf(ended)));
                focusTitle(section.current);
              }}
            >
              {say('clearEnded')}
            </button>
          )}
        </div>
      )}
      <div className="runs">
        {all.map((run) => (
          <RunCard
            key={run.idempotencyKey}
            run={run}
            task={taskOf(run)}
            picked={picked.has(run.idempotencyKey)}
            handlers={handlers}
          />
        ))}
      </div>
    </section>
  );
}

/** Gives a ref for the results, which scroll into sight when a request is added: on a phone they are below the form. */
function useShownWhenAdded(newest: Run | undefined): RefObject<HTMLElement | null> {
  const element = useRef<HTMLElement>(null);
  const key = newest?.idempotencyKey;
  const before = useRef(key);
  useEffect(() => {
    const top = element.current?.getBoundingClientRect().top ?? 0;
    if (key !== undefined && key !== before.current && top > innerHeight / 2)
      element.current?.scrollIntoView();
    before.current = key;
  }, [key]);
  return element;
}

function useRunHandlers({
  prompt,
  section,
}: {
  prompt: RefObject<HTMLTextAreaElement | null>;
  section: RefObject<HTMLElement | null>;
}): { handlers: RunHandlers; failure: unknown; notice: string } {
  const say = useWords(playgroundWords);
  const { client } = useSession();
  const [failure, setFailure] = useState<unknown>(null);
  const [notice, setNotice] = useState('');
  const attempt = (work: Promise<unknown>) => {
    setFailure(null);
    work.catch(setFailure);
  };
  const handlers: RunHandlers = {
    change(run) {
      fillForm(run);
      setNotice(say('filled'));
      prompt.current?.focus();
    },
    retry: (run, task) => attempt(client.retry(task.task_id).then(({ task_id: id }) => addRetry(run, id))),
    cancel: (task: TaskData) => attempt(client.cancel(task.task_id)),
    remove(run) {
      const index = runs.get().indexOf(run);
      flushSync(() => removeRuns(keysOf([run])));
      focusCard(section.current, index);
    },
    pick: ({ idempotencyKey: key }) =>
      compared.set((last) => (last.includes(key) ? last.filter((each) => each !== key) : [...last, key])),
  };
  return { handlers, failure, notice };
}

function hasEnded(task: TaskData | undefined): boolean {
  return task !== undefined && isFinal(task);
}

function keysOf(some: readonly Run[]): ReadonlySet<string> {
  return new Set(some.map(({ idempotencyKey }) => idempotencyKey));
}
