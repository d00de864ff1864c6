// The end of a run: every fault that was found, and the figures that are worth knowing.

import { type Evidence, lookAtCalls, lookAtNarrow, lookAtTasks, lookAtWebhooks } from './look.ts';
import type { AttemptRow, Rows } from './rows.ts';
import { type Loss, takeOverMs } from './take-overs.ts';
import type { Follower, Heard } from './waiters.ts';

export interface Judgement {
  faults: readonly string[];
  timeline: readonly string[];
  /** Sentences. */
  figures: readonly string[];
}

interface Work extends Evidence {
  leaseMs: number;
  slackMs: number;
  streams: readonly Follower[];
  heard: readonly Heard[];
  silent: { from: number; to: number };
}

const sweepMs = 1_000;
/** Between two looks of a node for changes that nobody told it of. */
const lookMs = 1_000;

export function judge(work: Work): Judgement {
  const { book } = work;
  const narrow = lookAtNarrow(work);
  const losses = judgeLosses(work);
  const streams = judgeStreams(work);
  const hearing = judgeHearing(work);
  const faults = [
    ...book.faults,
    ...lookAtTasks(work),
    ...lookAtWebhooks(work),
    ...lookAtCalls(work),
    ...narrow.faults,
    ...losses.faults,
    ...streams.faults,
    ...hearing.faults,
  ];
  const figures = [
    describeEnds(work.rows),
    `${work.calls.length} calls of upstreams by ${work.rows.attempts.length} attempts; at the one with two places at most ${narrow.most} at once, and ${narrow.withLost} with those of nodes that were lost`,
    describeWebhooks(work),
    ...losses.figures,
    ...streams.figures,
    ...hearing.figures,
    ...[...book.counts].map(([what, times]) => `${times} ${what}`),
  ];
  return { faults, timeline: book.timeline, figures };
}

function describeEnds({ tasks, attempts }: Rows): string {
  const ends = Map.groupBy(tasks, ({ state, failure }) =>
    failure === null ? state : (JSON.parse(failure).type as string),
  );
  const billed = attempts.filter(({ outcome, maybeBilled }) => maybeBilled && outcome !== 'succeeded').length;
  return `${[...ends].map(([end, { length }]) => `${length} ${end}`).join(', ')}; ${billed} attempts say that they may have been billed without a picture`;
}

function describeWebhooks({ receiver }: Work): string {
  const told = [...receiver.told.values()];
  const sum = (of: (each: (typeof told)[number]) => number) => told.reduce((all, each) => all + of(each), 0);
  const calls = sum(({ messages }) => [...messages.values()].reduce((a, b) => a + b, 0));
  return `${sum(({ messages }) => messages.size)} webhooks, posted ${calls} times, as some were refused or cut off`;
}

function judgeLosses({ book, rows, losses, leaseMs, slackMs }: Work) {
  const attempts = Map.groupBy(rows.attempts, ({ taskId }) => taskId);
  const attemptsOf = (number: number): AttemptRow[] => attempts.get(book.accepted.get(number) ?? '') ?? [];
  const mostMs = leaseMs + sweepMs + slackMs;
  const faults: string[] = [];
  const figures = losses.map((loss: Loss) => {
    const times = takeOverMs(loss, attemptsOf);
    for (const { number, ms } of times)
      if (ms > mostMs)
        faults.push(`Task ${number} of ${loss.node}, which was ${loss.what}, was taken over after ${ms} ms.`);
    const most = Math.max(0, ...times.map(({ ms }) => ms));
    return `${loss.node} was ${loss.what}: ${times.length} calls under way, over or taken over within ${(most / 1_000).toFixed(1)} s (lease ${leaseMs / 1_000} s)`;
  });
  return { faults, figures };
}

function judgeStreams({ book, streams }: Work) {
  const faults = streams.flatMap(({ ended }, place) =>
    [...book.numbers.keys()]
      .filter((id) => !ended.has(id))
      .map((id) => `Stream ${place + 1} never told of the end of ${id}.`),
  );
  const figures = streams.map(
    ({ ended, connections }, place) =>
      `stream ${place + 1} told of ${ended.size} ends, over ${connections()} connections`,
  );
  return { faults, figures };
}

/** Looks at the time from the end of a task to the answer of a long poll. */
function judgeHearing({ rows, heard, silent, slackMs }: Work) {
  const finishedAt = new Map(rows.tasks.map(({ id, finishedAt: at }) => [id, at ?? 0]));
  const lateBy = ({ id, at }: Heard) => at - (finishedAt.get(id) ?? 0);
  const isSilent = ({ at }: Heard) => at > silent.from && at < silent.to;
  const faults = heard
    .filter((each) => isSilent(each) && lateBy(each) > lookMs + slackMs)
    .map(
      (each) => `A long poll heard of the end of ${each.id} after ${lateBy(each)} ms, without notifications.`,
    );
  const kinds = Map.groupBy(heard, (each) =>
    isSilent(each) ? 'while notifications were lost' : 'otherwise',
  );
  const figures = [...kinds].map(([when, all]) => {
    const times = all.map(lateBy).toSorted((a, b) => a - b);
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
    return `${times.length} long polls heard of an end ${when} after ${at(0.5)} ms at the median, ${at(0.99)} ms at the p99, ${at(1)} ms at the most`;
  });
  return { faults, figures };
}
