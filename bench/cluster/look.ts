// Holds what the database, the upstreams and the receiver have at the end against what was promised. Gives a sentence for each fault.

import type { Book } from './book.ts';
import { faultOf } from './faults.ts';
import type { Receiver } from './receiver.ts';
import type { AttemptRow, Rows } from './rows.ts';
import type { Loss } from './take-overs.ts';
import { mostAtOnce, type UpstreamCall } from './upstream-calls.ts';

export interface Evidence {
  book: Book;
  rows: Rows;
  calls: readonly UpstreamCall[];
  receiver: Receiver;
  losses: readonly Loss[];
}

/** Every accepted task is there, final, and ended once; and there is no other. */
export function lookAtTasks({ book, rows }: Evidence): string[] {
  const byId = new Map(rows.tasks.map((task) => [task.id, task]));
  const faults = rows.tasks.flatMap(({ id }) =>
    book.numbers.has(id) ? [] : [`${id} was never accepted by a client.`],
  );
  const attempts = Map.groupBy(rows.attempts, ({ taskId }) => taskId);
  for (const [number, id] of book.accepted) {
    const task = byId.get(id);
    const end = task?.failure == null ? task?.state : (JSON.parse(task.failure) as { type: string }).type;
    const cut =
      attempts.get(id)?.some(({ outcome }) => outcome === 'unknown' || outcome === 'interrupted') === true;
    if (task === undefined) faults.push(`${id} (${number}) is lost.`);
    else if (task.finishedAt === null) faults.push(`${id} (${number}) is still ${task.state}.`);
    else if (!faultOf(number, true).ends.includes(end ?? '') && !(cut && end === 'upstream_unavailable'))
      faults.push(`${id} (${number}) ended as ${end}.`);
    const succeeded = attempts.get(id)?.filter(({ outcome }) => outcome === 'succeeded').length ?? 0;
    if (succeeded !== Number(task?.state === 'succeeded'))
      faults.push(`${id} (${number}) is ${task?.state}, and ${succeeded} of its attempts succeeded.`);
  }
  for (const { taskId, number, outcome } of rows.attempts)
    if (outcome === null) faults.push(`Attempt ${number} of ${taskId} is still open.`);
  const { submitted, ended } = rows.counted;
  if (submitted !== book.count || ended !== book.count)
    faults.push(`${submitted} submits and ${ended} ends were counted for ${book.count} tasks.`);
  if (rows.waiting > 0) faults.push(`${rows.waiting} rows are left in the queue.`);
  return faults;
}

/** Every end was written once, and told: the receiver took a message of it, and has no second one. */
export function lookAtWebhooks({ book, rows, receiver }: Evidence): string[] {
  const deliveries = Map.groupBy(rows.deliveries, ({ taskId }) => taskId);
  const faults: string[] = [];
  for (const [number, id] of book.accepted) {
    const written = deliveries.get(id) ?? [];
    const { messages = new Map(), events = new Set(), taken = new Set() } = receiver.told.get(id) ?? {};
    const name = `${id} (${number})`;
    if (written.length !== 1) faults.push(`${name} has ${written.length} ends that were to be told.`);
    if (taken.size === 0) faults.push(`The end of ${name} was not told.`);
    if (messages.size > 1) faults.push(`The end of ${name} was told under several ids.`);
    if (events.size > 1) faults.push(`Of ${name} was told: ${[...events].join(', ')}.`);
    for (const { id: delivery, state } of written)
      if (state !== 'delivered') faults.push(`The delivery ${delivery} of ${name} is ${state}.`);
  }
  return faults;
}

/** No call is without an attempt, and no attempt hides what may have been billed. */
export function lookAtCalls({ book, rows, calls }: Evidence): string[] {
  const faults: string[] = [];
  const ofTask = Map.groupBy(rows.attempts, ({ taskId }) => taskId);
  for (const [key, made] of Map.groupBy(calls, ({ number, upstream }) => `${number} ${upstream}`)) {
    const { number, upstream } = made[0]!;
    const id = book.accepted.get(number) ?? '';
    const known = (ofTask.get(id) ?? []).filter((attempt) => attempt.upstream === upstream);
    if (made.length > known.length)
      faults.push(
        `${made.length} calls for task ${key} (${id}), which knows of ${known.length}: ${describe(made, known)}`,
      );
    const charged = made.filter(({ isCharged }) => isCharged).length;
    const said = known.filter(({ outcome, maybeBilled }) => outcome === 'succeeded' || maybeBilled).length;
    if (charged > said)
      faults.push(
        `${charged} calls for task ${key} (${id}) are charged for, which says so of ${said}: ${describe(made, known)}`,
      );
  }
  const byApi = calls.filter(({ node }) => node.startsWith('api-'));
  return [...faults, ...byApi.map(({ node, number }) => `${node} called an upstream for task ${number}.`)];
}

function describe(made: readonly UpstreamCall[], known: readonly AttemptRow[]): string {
  const calls = made.map(({ node, startedAt, endedAt, isCharged }) => [node, startedAt, endedAt, isCharged]);
  return JSON.stringify({
    calls,
    attempts: known.map(({ startedAt, finishedAt, outcome }) => [startedAt, finishedAt, outcome]),
  });
}

/** Most calls at once at the upstream with two places, without and with those of nodes that were lost while they were open. */
export function lookAtNarrow({ calls, losses }: Evidence): {
  faults: string[];
  most: number;
  withLost: number;
} {
  const narrow = calls.filter(({ upstream }) => upstream === 'narrow');
  const isLost = ({ node, startedAt, endedAt }: UpstreamCall) =>
    losses.some((loss) => loss.node === node && startedAt < loss.backAt && (endedAt ?? Infinity) > loss.at);
  const { most, at } = mostAtOnce(narrow.filter((call) => !isLost(call)));
  const open = narrow.filter(({ startedAt, endedAt }) => startedAt <= at && (endedAt ?? Infinity) >= at);
  const faults = most > 2 ? [`${most} calls at an upstream with two places: ${JSON.stringify(open)}`] : [];
  return { faults, most, withLost: mostAtOnce(narrow).most };
}
