// The rows near the window, of however many: each is as wide as the table and lies where it would lie if all were there. On narrow
// screens the same rows are cards. All have one height, so that none has to be measured: that took half of each frame of scrolling.

import type { TaskData } from '@plantain/client';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import {
  type ReactNode,
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

function watchWidth(listener: () => void): () => void {
  narrow.addEventListener('change', listener);
  return () => narrow.removeEventListener('change', listener);
}
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
  const sayFact = useWords(taskFacts);
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

  const { height, gap } = useRowSize();
  const virtualizer = useWindowVirtualizer<HTMLDivElement>({
    count: ids.length,
    estimateSize: () => height,
    gap,
    // All rows are placed anew when this is another function.
    getItemKey: useCallback((index: number) => ids[index] ?? index, [ids]),
    overscan: 6,
    scrollMargin,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, height]);
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
          <span role="columnheader">{sayFact('model')}</span>
          <span role="columnheader">{sayFact('state')}</span>
          <span role="columnheader">{sayFact('created')}</span>
          <span role="columnheader" className="numeric">
            {sayFact('cost')}
          </span>
          <span role="columnheader" className="metadata-head">
            {say('metadata')}
          </span>
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
              role="row"
              className="task-row"
              aria-rowindex={index + 2}
              style={{ transform: `translateY(${start - scrollMargin}px)` }}
            >
              <TaskRow task={task} now={now} format={format} actions={actions} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** In pixels: it follows the size of letters that a person has set, and the width of the window. */
function useRowSize(): { height: number; gap: number } {
  const isNarrow = useSyncExternalStore(watchWidth, () => narrow.matches);
  // Once: to ask makes the browser work out all styles first.
  const [rem] = useState(() => parseFloat(getComputedStyle(document.documentElement).fontSize));
  const { height, gap } = isNarrow ? rowSizes.narrow : rowSizes.wide;
  return { height: rem * height, gap: rem * gap };
}
