import type { TaskAttempt, TaskData } from '@plantain/client';
import { useFormat } from '../../parts/format.ts';
import { ServerSaid } from '../../parts/server-said.tsx';
import { FailureText } from '../../parts/task-failure.tsx';
import { useWords } from '../../words/words.ts';
import { useWaitingFor } from '../../parts/task-progress.tsx';
import { Time } from './facts.tsx';
import { usageText } from './task-result.tsx';
import { type Moment, momentsOf } from './timeline.ts';
import { tasksWords } from './words.ts';

/** States and attempts, oldest first, with what the upstream really said. */
export function TaskTimeline({ task }: { task: TaskData }) {
  const say = useWords(tasksWords);
  return (
    <section className="card stack">
      <h2>{say('timeline')}</h2>
      <ol className="timeline">
        {momentsOf(task).map((moment, index) => (
          // Moments are only ever added at the end.
          <li key={index} data-mood={moodOf(moment)}>
            <MomentText moment={moment} shown={task.error?.message} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function moodOf(moment: Moment): 'good' | 'bad' | 'open' | undefined {
  if (moment.kind === 'ended') return moment.state === 'succeeded' ? 'good' : 'bad';
  if (moment.kind === 'waiting' || moment.kind === 'cancelling') return 'open';
  if (moment.kind !== 'attempt') return undefined;
  const { outcome } = moment.attempt;
  return outcome === undefined ? 'open' : outcome === 'succeeded' ? 'good' : 'bad';
}

/** `shown` is what the page says of the failure anyway. */
function MomentText({ moment, shown }: { moment: Moment; shown: string | undefined }) {
  const say = useWords(tasksWords);
  const waitingFor = useWaitingFor();
  const format = useFormat();
  if (moment.kind === 'attempt')
    return <Attempt attempt={moment.attempt} seconds={moment.seconds} shown={shown} />;
  if (moment.kind === 'cancelling') return <p>{say('cancelling')}</p>;
  if (moment.kind === 'waiting') {
    const { reason, message, until } = moment.waiting;
    return (
      <>
        <p>{waitingFor(moment.waiting)}</p>
        {/* Which upstream it is, and which of its limits; of a try that comes later it says nothing more. */}
        {reason !== 'retry' && <ServerSaid text={message} />}
        {until !== undefined && <p className="muted">{say('retryAt', { time: format.time(until) })}</p>}
      </>
    );
  }
  return (
    <>
      <h3>{say(moment.kind === 'submitted' ? 'submitted' : `ended_${moment.state}`)}</h3>
      <p>
        <Time at={moment.at} />
      </p>
    </>
  );
}

function Attempt({
  attempt,
  seconds,
  shown,
}: {
  attempt: TaskAttempt;
  seconds: number | undefined;
  shown: string | undefined;
}) {
  const say = useWords(tasksWords);
  const format = useFormat();
  const {
    number,
    upstream,
    upstream_model: model,
    outcome = 'open',
    error,
    usage,
    cost_micro_usd: cost,
  } = attempt;
  const facts = [
    say(`attempt_${outcome}`),
    model,
    seconds !== undefined && format.elapsed(seconds),
    cost !== undefined && format.dollars(cost),
    usage !== undefined && usageText(usage, format),
  ];
  return (
    <>
      <h3>{say('attempt', { number, upstream })}</h3>
      <p>
        <Time at={attempt.start_time} />
      </p>
      <p className="muted">{facts.filter((fact) => typeof fact === 'string').join(' · ')}</p>
      {error !== undefined && error.message !== shown && <FailureText error={error} />}
      {attempt.maybe_billed === true && <p className="timeline-billed">{say('maybeBilled')}</p>}
    </>
  );
}
