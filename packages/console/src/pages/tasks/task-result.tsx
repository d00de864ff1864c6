import type { TaskData } from '@plantain/client';
import { type Format, useFormat } from '../../parts/format/format.ts';
import { useNow } from '../../parts/use-now.ts';
import { taskFacts } from '../../words/task-facts.ts';
import { useWords } from '../../words/words.ts';
import { isFinal } from '../../live/live-tasks.ts';
import { Fact, Facts, Time } from '../../parts/facts/facts.tsx';
import { TaskReceipts } from './task-receipts.tsx';
import { tasksWords } from './words.ts';

/** Outcome of the task: when it ended, how long it took, how much it cost. */
export function TaskResult({ task }: { task: TaskData }) {
  const say = useWords(tasksWords);
  const sayFact = useWords(taskFacts);
  const format = useFormat();
  const now = useNow();
  const created = Number(task.create_time);
  const end = isFinal(task) ? Number(task.update_time) : Math.floor(now);
  const { usage, expires_at: expires } = task;
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
        <Costs task={task} />
        {usage !== undefined && <Fact name={say('usage')}>{usageText(usage, format)}</Fact>}
        {task.data.description !== '' && <Fact name={say('description')}>{task.data.description}</Fact>}
        {expires !== undefined && (
          <Fact name={say('expires')}>
            <Time at={expires} />
          </Fact>
        )}
      </Facts>
      <TaskReceipts task={task} />
    </section>
  );
}

/** Sums that the task came to, or may come to, for its owner; and its cost at the upstreams, where that is shown. */
function Costs({ task }: { task: TaskData }) {
  const say = useWords(tasksWords);
  const sayFact = useWords(taskFacts);
  const format = useFormat();
  const { cost_micro_usd: atUpstreams, cost } = task;
  const charged = cost?.charged_micro_usd ?? null;
  const estimated = cost?.estimated_micro_usd ?? null;
  return (
    <>
      {charged !== null && <Fact name={say('charged')}>{format.fullDollars(charged)}</Fact>}
      {charged === null && estimated !== null && (
        <Fact name={say('estimated')}>{format.fullDollars(estimated)}</Fact>
      )}
      {cost !== undefined && cost.reserved_micro_usd > 0 && (
        <Fact name={say('reserved')}>{format.fullDollars(cost.reserved_micro_usd)}</Fact>
      )}
      {atUpstreams !== undefined && (
        <Fact name={sayFact('cost')}>
          {format.fullDollars(atUpstreams)} <span className="muted">{say('costNote')}</span>
        </Fact>
      )}
    </>
  );
}

/** Token counts by the API's own names. */
export function usageText(usage: Readonly<Record<string, number>>, format: Format): string {
  return Object.entries(usage)
    .map(([name, count]) => `${name} ${format.number(count)}`)
    .join(' · ');
}
