import type { TaskData } from '@plantain/client';
import { memo, type ReactNode } from 'react';
import { Link } from 'wouter';
import type { Format } from '../../parts/format/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { PictureImage } from '../../parts/picture/image.tsx';
import { isExpired, renditionOf } from '../../parts/picture/links.ts';
import { StateBadge } from '../../parts/task/state-badge.tsx';
import { costOf } from '../../parts/task/cost.ts';
import { taskFacts } from '../../words/task-facts.ts';
import { failureNames } from '../../words/failure-names.ts';
import { useWords } from '../../words/words.ts';
import { isFinal } from '../../live/live-tasks.ts';
import { writeMetadata } from './filter.ts';
import { tasksWords } from './words.ts';

/** Twice the width at which it is shown, for screens of high density. */
const thumbnailWidth = 96;

/** Cells of one task; the link is as large as the row. It is memoised so that rows that stay in sight are not rendered while one scrolls. */
export const TaskRow = memo(function TaskRow({
  task,
  now,
  format,
  actions,
}: {
  task: TaskData;
  /** Unix seconds. */
  now: number;
  /** Shared by all rows: making another costs more than the row. */
  format: Format;
  /** One function for all rows, for as long as the table is there. */
  actions: (task: TaskData) => ReactNode;
}) {
  const say = useWords(tasksWords);
  const sayFact = useWords(taskFacts);
  const reason = useWords(failureNames);
  const { task_id: id, create_time: created } = task;
  const cost = costOf(task);
  const end = isFinal(task) ? Number(task.update_time) : Math.floor(now);
  const metadata = writeMetadata(task.metadata ?? {});
  const picture = isExpired(task) ? undefined : task.data.images[0];
  return (
    <>
      <div role="cell" className="task-thumb">
        {picture === undefined ? (
          <Icon name="image" />
        ) : (
          <PictureImage key={id} src={renditionOf(picture.url, { width: thumbnailWidth })} alt="" />
        )}
      </div>
      <div role="cell" className="task-name">
        <Link href={`/tasks/${id}`}>{task.prompt || say('task')}</Link>
        <span className="mono muted">{id}</span>
      </div>
      <div role="cell" className="task-model">
        <span>{task.model}</span>
        <span className="muted">{sayFact(task.action)}</span>
      </div>
      <div role="cell" className="task-state">
        <StateBadge task={task} />
        {task.error !== undefined && task.error.type !== 'cancelled' && (
          <span className="muted">{reason(task.error.type)}</span>
        )}
      </div>
      <div role="cell" className="task-created">
        <time dateTime={new Date(Number(created) * 1000).toISOString()} title={format.time(created)}>
          {format.relative(created, now * 1000)}
        </time>
        <span className="muted">{format.elapsed(end - Number(created))}</span>
      </div>
      <div role="cell" className="task-cost numeric">
        {cost === undefined ? <span className="muted">–</span> : format.dollars(cost)}
      </div>
      <div role="cell" className="task-metadata muted" title={metadata}>
        {metadata}
      </div>
      <div role="cell" className="task-actions">
        {actions(task)}
      </div>
    </>
  );
});
