import type { TaskData } from '@plantain/client';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { type Format, useFormat } from '../../parts/format.ts';
import { useNow } from '../../parts/use-now.ts';
import { commonWords } from '../../words/common.ts';
import { useWords } from '../../words/words.ts';
import { isFinal } from '../playground/live-tasks.ts';
import { tasksWords } from './words.ts';

/** What the API tells of the request, and of what came of it. */
export function TaskFacts({ task }: { task: TaskData }) {
  const say = useWords(tasksWords);
  const common = useWords(commonWords);
  const format = useFormat();
  const now = useNow();
  const created = Number(task.create_time);
  const end = isFinal(task) ? Number(task.update_time) : Math.floor(now);
  const { cost_micro_usd: cost, usage, metadata = {}, batch_id: batch, retry_of: retryOf } = task;
  return (
    <section className="card stack">
      <h2>{say('facts')}</h2>
      <dl className="task-facts">
        <Fact name={common('model')}>{task.model}</Fact>
        <Fact name={say('action')}>{common(task.action)}</Fact>
        {Object.entries(metadata).map(([name, value]) => (
          <Fact key={name} name={`${say('metadata')}: ${name}`}>
            {value}
          </Fact>
        ))}
        <Fact name={common('created')}>
          <Time at={task.create_time} />
        </Fact>
        {isFinal(task) && (
          <Fact name={say('ended')}>
            <Time at={task.update_time} />
          </Fact>
        )}
        <Fact name={say('duration')}>{format.duration(Math.max(0, end - created))}</Fact>
        {cost !== undefined && (
          <Fact name={common('cost')}>
            {format.dollars(cost)} <span className="muted">{say('costNote')}</span>
          </Fact>
        )}
        {usage !== undefined && <Fact name={say('usage')}>{usageText(usage, format)}</Fact>}
        {task.data.description !== '' && <Fact name={say('description')}>{task.data.description}</Fact>}
        {task.expires_at !== undefined && (
          <Fact name={say('expires')}>
            <Time at={task.expires_at} />
          </Fact>
        )}
        {batch !== undefined && (
          <Fact name={say('batch')}>
            <code>{batch}</code>
          </Fact>
        )}
        {retryOf !== undefined && (
          <Fact name={say('retryOf')}>
            <Link href={`/tasks/${retryOf}`} className="mono">
              {retryOf}
            </Link>
          </Fact>
        )}
      </dl>
      <p className="muted">{say('requestNote')}</p>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** The time, and how long ago or ahead that is. `at` is in Unix seconds. */
export function Time({ at }: { at: string }) {
  const format = useFormat();
  const now = useNow();
  return (
    <>
      <time dateTime={new Date(Number(at) * 1000).toISOString()}>{format.time(at)}</time>{' '}
      <span className="muted">({format.relative(at, now * 1000)})</span>
    </>
  );
}

/** Tokens by the API's own names. */
export function usageText(usage: Readonly<Record<string, number>>, format: Format): string {
  return Object.entries(usage)
    .map(([name, count]) => `${name} ${format.number(count)}`)
    .join(' · ');
}
