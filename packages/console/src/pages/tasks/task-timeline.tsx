import type { TaskAttempt, TaskData } from '@plantain/client';
import { useFormat } from '../../parts/format/format.ts';
import { ServerSaid } from '../../parts/notice/server-said.tsx';
import { FailureLine, ServerWords } from '../../parts/task/failure.tsx';
import { useWords } from '../../words/words.ts';
import { useWaitingFor } from '../../parts/task/progress.tsx';
import { Time } from '../../parts/facts/facts.tsx';
import { usageText } from './task-result.tsx';
import { type Moment, momentsOf, secondsOf } from './timeline.ts';
import { tasksWords } from './words.ts';

/** States and attempts, oldest first, with the upstream's own messages. */
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
  if (moment.kind !== 'attempts') return undefined;
  const [{ outcome }] = moment.attempts;
  return outcome === undefined ? 'open' : outcome === 'succeeded' ? 'good' : 'bad';
}

/** One event of the history; `shown` is the failure's message where the page shows it already. */
function MomentText({ moment, shown }: { moment: Moment; shown: string | undefined }) {
  const say = useWords(tasksWords);
  const waitingFor = useWaitingFor();
  const format = useFormat();
  if (moment.kind === 'attempts') return <Attempts attempts={moment.attempts} shown={shown} />;
  if (moment.kind === 'cancelling') return <p>{say('cancelling')}</p>;
  if (moment.kind === 'waiting') {
    const { reason, message, until } = moment.waiting;
    return (
      <>
        <p>{waitingFor(moment.waiting)}</p>
        {/* It names the upstream and the limit; of a retry it says nothing that is not there already. */}
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

function Attempts({
  attempts,
  shown,
}: {
  attempts: Extract<Moment, { kind: 'attempts' }>['attempts'];
  shown: string | undefined;
}) {
  const say = useWords(tasksWords);
  const factsOf = useFactsOf();
  const [first] = attempts;
  const last = attempts.at(-1) ?? first;
  const { upstream, upstream_model: model, outcome = 'open', error } = first;
  const isOne = attempts.length === 1;
  const facts = [
    // A failure has its own line below.
    error === undefined && say(`attempt_${outcome}`),
    !isOne && say('times', { count: attempts.length }),
    model,
    ...(isOne ? factsOf(first) : []),
  ];
  return (
    <>
      <h3>
        {isOne
          ? say('attempt', { number: first.number, upstream })
          : say('attempts', { first: first.number, last: last.number, upstream })}
      </h3>
      {error !== undefined && <FailureLine error={error} />}
      {isOne && (
        <p>
          <Time at={first.start_time} />
        </p>
      )}
      <p className="muted">{facts.filter((fact) => typeof fact === 'string').join(' · ')}</p>
      {error !== undefined && error.message !== shown && <ServerWords text={error.message} />}
      {!isOne && <Each attempts={attempts} />}
      {first.maybe_billed === true && (
        <p className="timeline-billed">{say(isOne ? 'maybeBilled' : 'maybeBilledEach')}</p>
      )}
    </>
  );
}

/** List of attempts that failed alike, with the facts in which they differ. */
function Each({ attempts }: { attempts: readonly TaskAttempt[] }) {
  const say = useWords(tasksWords);
  const factsOf = useFactsOf();
  return (
    <details className="timeline-each">
      <summary>{say('eachAttempt')}</summary>
      <ol>
        {attempts.map((attempt) => (
          <li key={attempt.number} value={attempt.number}>
            <Time at={attempt.start_time} />
            <span className="muted">{factsOf(attempt).map((fact) => ` · ${fact}`)}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}

/** Gives a function that lists the duration, cost and usage of an attempt, as far as they are known. */
function useFactsOf(): (attempt: TaskAttempt) => string[] {
  const format = useFormat();
  return (attempt) => {
    const { usage, cost_micro_usd: cost } = attempt;
    const seconds = secondsOf(attempt);
    return [
      seconds !== undefined && format.elapsed(seconds),
      cost !== undefined && format.dollars(cost),
      usage !== undefined && usageText(usage, format),
    ].filter((fact) => fact !== false);
  };
}
