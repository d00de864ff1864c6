// A table of however many tasks, of which only the rows near the window are on the page. On narrow screens the rows are cards. All have
// one height, so that none has to be measured: that took half of each frame of scrolling.

import type { TaskData } from '@plantain/client';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import {
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { useFormat } from '../../parts/format/format.ts';
import { useNow } from '../../parts/use-now.ts';
import { taskFacts } from '../../words/task-facts.ts';
import { useWords } from '../../words/words.ts';
import type { Tasks } from '../../live/live-tasks.ts';
import { TaskRow } from './task-row.tsx';
import { tasksWords } from './words.ts';

/** In rem, as in tasks.css. */
const rowSizes = { wide: { height: 4.25, gap: 0 }, narrow: { height: 10.75, gap: 0.5 } };
const narrow = matchMedia('(max-width: 60rem)');

/** How many rows are left below the window when more are asked for. */
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
  onEnd: () => void;
  actions: (task: TaskData) => ReactNode;
}) {
  const say = useWords(tasksWords);
  const format = useFormat();
  const now = useNow();
  const body = useRef<HTMLDivElement>(null);
  const { rows, height } = useRowsInSight(body, ids, onEnd);
  return (
    <div
      role="table"
      className="task-table"
      aria-label={say('title')}
      aria-rowcount={total === undefined ? -1 : total + 1}
    >
      <TableHead />
      <div ref={body} role="rowgroup" className="task-rows" style={{ height }}>
        {rows.map(({ index, key, top }) => {
          const task = tasks.get(ids[index] ?? '');
          return task === undefined ? null : (
            <div
              key={key}
              role="row"
              className="task-row"
              aria-rowindex={index + 2}
              style={{ transform: `translateY(${top}px)` }}
            >
              <TaskRow task={task} now={now} format={format} actions={actions} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function TableHead() {
  const say = useWords(tasksWords);
  const facts = useWords(taskFacts);
  return (
    <div role="rowgroup" className="task-head">
      <div role="row" aria-rowindex={1}>
        <span role="columnheader">
          <span className="visually-hidden">{say('picture')}</span>
        </span>
        <span role="columnheader">{say('task')}</span>
        <span role="columnheader">{facts('model')}</span>
        <span role="columnheader">{facts('state')}</span>
        <span role="columnheader">{facts('created')}</span>
        <span role="columnheader" className="numeric">
          {facts('cost')}
        </span>
        <span role="columnheader" className="metadata-head">
          {say('metadata')}
        </span>
        <span role="columnheader">
          <span className="visually-hidden">{say('actions')}</span>
        </span>
      </div>
    </div>
  );
}

/** Rows near the window with their distance from the top of `body`, and the height of all. Calls `onEnd` when the last are near. */
function useRowsInSight(body: RefObject<HTMLElement | null>, ids: readonly string[], onEnd: () => void) {
  const scrollMargin = useDistanceFromTop(body);
  const { height, gap } = useRowSize();
  const virtualizer = useWindowVirtualizer<HTMLDivElement>({
    count: ids.length,
    estimateSize: () => height,
    gap,
    // Another function makes the virtualizer lay out all rows again.
    getItemKey: useCallback((index: number) => ids[index] ?? index, [ids]),
    overscan: 6,
    scrollMargin,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, height]);
  const items = virtualizer.getVirtualItems();
  const isNearEnd = (items.at(-1)?.index ?? 0) >= ids.length - nearEnd;
  useEffect(() => {
    if (isNearEnd) onEnd();
  }, [isNearEnd, onEnd, ids.length]);
  const rows = items.map(({ index, key, start }) => ({ index, key, top: start - scrollMargin }));
  return { rows, height: virtualizer.getTotalSize() };
}

/** Pixels between the top of the page and the element; anything on the page may change it. */
function useDistanceFromTop(element: RefObject<HTMLElement | null>): number {
  const [distance, setDistance] = useState(0);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() =>
      setDistance((element.current?.getBoundingClientRect().top ?? 0) + scrollY),
    );
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [element]);
  return distance;
}

/** Height of a row and the gap below it, in pixels: they follow the font size that a person has set, and the width of the window. */
function useRowSize(): { height: number; gap: number } {
  const isNarrow = useSyncExternalStore(watchWidth, () => narrow.matches);
  // Read once: reading makes the browser compute all styles first.
  const [rem] = useState(() => parseFloat(getComputedStyle(document.documentElement).fontSize));
  const { height, gap } = isNarrow ? rowSizes.narrow : rowSizes.wide;
  return { height: rem * height, gap: rem * gap };
}

function watchWidth(listener: () => void): () => void {
  narrow.addEventListener('change', listener);
  return () => narrow.removeEventListener('change', listener);
}
