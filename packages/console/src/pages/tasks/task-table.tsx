// The rows near the window, of however many: each is as wide as the table and lies where it would lie if all were there. On phones
// the same rows are cards.

import type { TaskData } from '@plantain/client';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useFormat } from '../../parts/format.ts';
import { useNow } from '../../parts/use-now.ts';
import { commonWords } from '../../words/common.ts';
import { useWords } from '../../words/words.ts';
import type { Tasks } from '../playground/live-tasks.ts';
import { TaskRow } from './task-row.tsx';
import { tasksWords } from './words.ts';

const usualRowHeight = 68;
/** More is asked for when this few rows are left below. */
const nearEnd = 20;

export function TaskTable({
  ids,
  tasks,
  total,
  onEnd,
  actions,
}: {
  /** Of the rows. */
  ids: readonly string[];
  tasks: Tasks;
  /** How many there are in all, where that is known. */
  total: number | undefined;
  onEnd: (() => void) | undefined;
  actions: (task: TaskData) => ReactNode;
}) {
  const say = useWords(tasksWords);
  const common = useWords(commonWords);
  const format = useFormat();
  const now = useNow();
  const body = useRef<HTMLDivElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() =>
      setScrollMargin((body.current?.getBoundingClientRect().top ?? 0) + scrollY),
    );
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);

  const virtualizer = useWindowVirtualizer<HTMLDivElement>({
    count: ids.length,
    estimateSize: () => usualRowHeight,
    // All rows are measured anew when this is another function.
    getItemKey: useCallback((index: number) => ids[index] ?? index, [ids]),
    overscan: 8,
    scrollMargin,
  });
  const items = virtualizer.getVirtualItems();
  const isNearEnd = (items.at(-1)?.index ?? 0) >= ids.length - nearEnd;
  useEffect(() => {
    if (isNearEnd) onEnd?.();
  }, [isNearEnd, onEnd, ids.length]);

  return (
    <div
      role="table"
      className="task-table"
      aria-label={say('title')}
      aria-rowcount={total === undefined ? -1 : total + 1}
    >
      <div role="rowgroup" className="task-head">
        <div role="row" aria-rowindex={1}>
          <span role="columnheader">
            <span className="visually-hidden">{say('picture')}</span>
          </span>
          <span role="columnheader">{say('task')}</span>
          <span role="columnheader">{common('state')}</span>
          <span role="columnheader">{common('created')}</span>
          <span role="columnheader" className="numeric">
            {say('duration')}
          </span>
          <span role="columnheader" className="numeric">
            {common('cost')}
          </span>
          <span role="columnheader">{say('metadata')}</span>
          <span role="columnheader">
            <span className="visually-hidden">{say('actions')}</span>
          </span>
        </div>
      </div>
      <div ref={body} role="rowgroup" className="task-rows" style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const task = tasks.get(ids[index] ?? '');
          return task === undefined ? null : (
            <div
              key={key}
              ref={virtualizer.measureElement}
              role="row"
              className="task-row"
              data-index={index}
              aria-rowindex={index + 2}
              style={{ transform: `translateY(${start - scrollMargin}px)` }}
            >
              <TaskRow task={task} now={now} format={format} actions={actions(task)} />
            </div>
          );
        })}
      </div>
    </div>
  );
}
