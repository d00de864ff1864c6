// All tasks of the key, live, however many there are. The address has the filters, so that a link has them too.

import type { TaskData } from '@plantain/client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Link, useLocation, useSearch } from 'wouter';
import { Empty } from '../../parts/notice/empty.tsx';
import { useFormat } from '../../parts/format/format.ts';
import { Loading } from '../../parts/notice/loading.tsx';
import { Problem } from '../../parts/notice/problem.tsx';
import { useWords } from '../../words/words.ts';
import { readFilter } from './filter.ts';
import { TaskActions } from './task-actions.tsx';
import { TaskFilters } from './task-filters.tsx';
import { TaskTable } from './task-table.tsx';
import { useTaskList } from './use-task-list.ts';
import { tasksWords } from './words.ts';
import './tasks.css';
import { useLatest } from '../../use-latest.ts';

export default function Tasks() {
  const say = useWords(tasksWords);
  const format = useFormat();
  const [query, setQuery] = useQuery();
  const filters = query.toString();
  const filter = useMemo(() => readFilter(new URLSearchParams(filters)), [filters]);
  const hasFresh = useRef(false);
  const { top, isAtTop } = useTop(() => {
    if (hasFresh.current) list.current?.settle();
  });
  const { state, list } = useTaskList(filter, isAtTop, filters);
  const { ids, tasks, fresh, isLoading, isComplete, isConnected, error } = state;
  hasFresh.current = fresh.length > 0;
  const [retried, setRetried] = useState<string | null>(null);

  const more = useCallback(() => void list.current?.more(), [list]);
  const actions = useCallback(
    (task: TaskData) => (
      <TaskActions
        task={task}
        onChange={(changed) => list.current?.put(changed)}
        onRetried={setRetried}
        onDeleted={(id) => list.current?.remove(id)}
        isBrief
      />
    ),
    [list],
  );

  const isEmpty = isComplete && ids.length === 0 && fresh.length === 0;
  return (
    <div className="page tasks">
      <div className="page-head">
        <h1>{say('title')}</h1>
        {ids.length > 0 && (
          <p className="muted">
            {say(isComplete ? 'shown' : 'shownSoFar', { count: format.number(ids.length) })}
          </p>
        )}
      </div>
      <TaskFilters filter={filter} query={query} onQuery={setQuery} />
      {!isConnected && error === null && <p className="muted">{say('offline')}</p>}
      {error !== null && <Problem error={error} onRetry={more} />}
      <Retried id={retried} />
      <FreshTasks
        count={fresh.length}
        onShow={() => {
          list.current?.settle();
          scrollTo({ top: 0 });
        }}
      />
      <div>
        <div ref={top} />
        {ids.length > 0 && (
          <TaskTable
            ids={ids}
            tasks={tasks}
            total={isComplete ? ids.length : undefined}
            onEnd={more}
            actions={actions}
          />
        )}
      </div>
      {isLoading && <Loading />}
      {isEmpty && (
        <NoTasks filtered={Object.keys(filter).length > 0} onClear={() => setQuery(new URLSearchParams())} />
      )}
    </div>
  );
}

/** Tasks that came while the person had scrolled down. */
function FreshTasks({ count, onShow }: { count: number; onShow: () => void }) {
  const say = useWords(tasksWords);
  const format = useFormat();
  return (
    <div className="tasks-new" role="status">
      {count > 0 && (
        <button type="button" className="button primary small" onClick={onShow}>
          {say('newTasks', { count: format.number(count) })}
        </button>
      )}
    </div>
  );
}

function NoTasks({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const say = useWords(tasksWords);
  return filtered ? (
    <Empty icon="search" title={say('noMatchTitle')}>
      <p>{say('noMatchText')}</p>
      <button type="button" className="button" onClick={onClear}>
        {say('clearAll')}
      </button>
    </Empty>
  ) : (
    <Empty icon="list" title={say('emptyTitle')}>
      <p>{say('emptyText')}</p>
      <Link href="/playground" className="button primary">
        {say('emptyAction')}
      </Link>
    </Empty>
  );
}

function Retried({ id }: { id: string | null }) {
  const say = useWords(tasksWords);
  return (
    <p role="status" className="tasks-note">
      {id !== null && (
        <>
          {say('retried')} <Link href={`/tasks/${id}`}>{say('openRetried')}</Link>
        </>
      )}
    </p>
  );
}

function useQuery(): [URLSearchParams, (query: URLSearchParams) => void] {
  const search = useSearch();
  const [, navigate] = useLocation();
  const query = useMemo(() => new URLSearchParams(search), [search]);
  const setQuery = useCallback(
    (next: URLSearchParams) =>
      navigate(next.size === 0 ? '/tasks' : `/tasks?${next.toString()}`, { replace: true }),
    [navigate],
  );
  return [query, setQuery];
}

/**
 * Watches whether the element `top` is not above the window; `onReached` is called when somebody has scrolled back to it. An observer
 * does it: to read the position of an element makes the browser lay out the page once more in each frame of scrolling, which took 13 ms.
 */
function useTop(onReached: () => void) {
  const top = useRef<HTMLDivElement>(null);
  const isReached = useRef(true);
  const latest = useLatest(onReached);
  const isAtTop = useCallback(() => isReached.current, []);
  useEffect(() => {
    if (top.current === null) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry === undefined) return;
      isReached.current = entry.boundingClientRect.top >= 0;
      if (isReached.current) latest.current();
    });
    observer.observe(top.current);
    return () => observer.disconnect();
  }, [latest]);
  return { top, isAtTop };
}
