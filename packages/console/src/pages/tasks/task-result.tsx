import type { TaskData } from '@plantain/client';
import { type Format, useFormat } from '../../parts/format/format.ts';
import { useNow } from '../../parts/use-now.ts';
import { taskFacts } from '../../words/task-facts.ts';
import { useWords } from '../../words/words.ts';
import { isFinal } from '../../live/live-tasks.ts';
import { Fact, Facts, Time } from '../../parts/facts/facts.tsx';
import { tasksWords } from './words.ts';

/** Outcome of the task: when it ended, how long it took, how much it cost. */
export function TaskResult({ task }: { task: TaskData }) {
  const say = useWords(tasksWords);
  const sayFact = useWords(taskFacts);
  const format = useFormat();
  const now = useNow();
  const created = Number(task.create_time);
  const end = isFinal(task) ? Number(task.update_time) : Math.floor(now);
  const { cost_micro_usd: cost, usage, expires_at: expires } = task;
  return (
    <section className="card stack">
      <h2>{say('result')}</h2>
      <Facts>
        <Fact name={sayFact('created')}>
          <Time at={task.create_time} />
        </Fact>
        {isFinal(task) && (
          <Fact name={say('ended')}>
            <Time at={task.update_time} />
          </Fact>
        )}
        <Fact name={say('duration')}>{format.elapsed(end - created)}</Fact>
        {cost !== undefined && (
          <Fact name={sayFact('cost')}>
            {format.dollars(cost)} <span className="muted">{say('costNote')}</span>
          </Fact>
        )}
        {usage !== undefined && <Fact name={say('usage')}>{usageText(usage, format)}</Fact>}
        {task.data.description !== '' && <Fact name={say('description')}>{task.data.description}</Fact>}
        {expires !== undefined && (
          <Fact name={say('expires')}>
            <Time at={expires} />
          </Fact>
        )}
      </Facts>
    </section>
  );
}

/** Token counts by the API's own names. */
export function usageText(usage: Readonly<Record<string, number>>, format: Format): string {
  return Object.entries(usage)
    .map(([name, count]) => `${name} ${format.number(count)}`)
    .join(' · ');
}
