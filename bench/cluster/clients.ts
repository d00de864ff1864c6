// Clients of the cluster. Those that submit go from node to node until they are answered; those that ask change node at each question
// and hold every answer against all that came before the question was sent.

import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskData } from '@plantain/client';
import type { Book } from './book.ts';
import { call, isAway, path, pauseMs } from './calls.ts';
import { modelOf } from './faults.ts';
import type { Nodes } from './nodes.ts';

export interface ClientOptions {
  book: Book;
  nodes: Nodes;
  callbackUrl: string;
  signal: AbortSignal;
}

/** Most of them were for the node that was killed, as clients here learn of that by themselves. */
const unanswered = 'that were cut off, or found no node';
const submittersAtOnce = 12;
/** Of tasks whose end was not told yet: a cluster that is kept busy to the last event, and no more. */
const maxOpen = 160;

/** Resolves when all were accepted. */
export async function submitAll({ book, nodes, callbackUrl, signal }: ClientOptions): Promise<void> {
  let next = 0;
  const submitter = async () => {
    while (next < book.count && !signal.aborted) {
      if (next - book.ended.size >= maxOpen) {
        await sleep(20);
        continue;
      }
      const number = (next += 1);
      // One of twenty is sent twice at once, to two nodes, under the same key.
      const times = number % 20 === 0 ? 2 : 1;
      const prompt = { prompt: `task ${number}`, model: modelOf(number), callback_url: callbackUrl };
      await Promise.all(Array.from({ length: times }, () => submitOne(number, JSON.stringify(prompt))));
    }
  };
  async function submitOne(number: number, body: string): Promise<void> {
    const headers = { 'idempotency-key': `cluster-${number}` };
    while (!signal.aborted) {
      const { url } = anyOf(nodes.apis());
      const answer = await call(url + path, { method: 'POST', headers, body }).catch(() => null);
      if (answer?.status === 200) {
        book.accept(number, (JSON.parse(answer.body) as { data: { task_id: string } }).data.task_id);
        return;
      }
      if (answer !== null && !isAway(answer))
        book.faults.push(`Submit ${number} was answered with ${answer.status}: ${answer.body}`);
      book.countOne(answer === null ? `submits ${unanswered}` : `submits answered with ${answer.status}`);
      await sleep(answer === null ? 50 : pauseMs(answer));
    }
  }
  await Promise.all(Array.from({ length: submittersAtOnce }, submitter));
}

/** Parts of a task that never become less. */
interface Seen {
  isFinal: number;
  attempts: number;
  closed: number;
  updatedAt: number;
  /** Of a final task, since it stays as it is. */
  etag: string;
}

const nothing: Seen = { isFinal: 0, attempts: 0, closed: 0, updatedAt: 0, etag: '' };

/** Asks until the signal. */
export async function pollAll(count: number, options: ClientOptions): Promise<void> {
  const seen = new Map<string, Seen>();
  await Promise.all(Array.from({ length: count }, (_, place) => poll(place, seen, options)));
}

async function poll(
  place: number,
  seen: Map<string, Seen>,
  { book, nodes, signal }: ClientOptions,
): Promise<void> {
  for (let question = place; !signal.aborted; question += 1) {
    await sleep(100 + randomInt(100));
    const apis = nodes.apis();
    const { name, url } = apis[question % apis.length]!;
    const id = chooseTask(book);
    if (id === undefined) continue;
    const before = seen.get(id) ?? nothing;
    const answer = await call(`${url}${path}/${id}`).catch(() => null);
    if (answer?.status === 200) {
      const now = toSeen(JSON.parse(answer.body).data as TaskData, answer.headers.etag ?? '');
      const less = compare(before, now);
      if (less !== null)
        book.faults.push(`${id} went back at ${name} (${less}): ${JSON.stringify({ before, now })}`);
      seen.set(id, latest(seen.get(id) ?? nothing, now));
      book.countOne('questions answered');
    } else if (answer === null || isAway(answer))
      book.countOne(answer === null ? `questions ${unanswered}` : 'questions answered with 503');
    else book.faults.push(`${id} is unknown, or worse, at ${name}: ${answer.status} ${answer.body}`);
  }
}

/** One of those that are open, mostly of the latest. */
function chooseTask(book: Book): string | undefined {
  const { accepted } = book;
  if (accepted.size === 0) return undefined;
  const open = [...accepted.values()].slice(-400).filter((id) => !book.ended.has(id));
  return open.length > 0 && randomInt(5) > 0 ? anyOf(open) : accepted.get(1 + randomInt(book.count));
}

const anyOf = <T>(values: readonly T[]): T => values[randomInt(values.length)]!;

function toSeen({ state, attempts, update_time: updatedAt }: TaskData, etag: string): Seen {
  const isFinal = state === 'succeeded' || state === 'error';
  const closed = attempts.filter(({ outcome }) => outcome !== undefined).length;
  return {
    isFinal: Number(isFinal),
    attempts: attempts.length,
    closed,
    updatedAt: Number(updatedAt),
    etag: isFinal ? etag : '',
  };
}

function compare(before: Seen, now: Seen): string | null {
  if (before.isFinal === 1 && before.etag !== now.etag) return 'a final task changed';
  return (
    (['isFinal', 'attempts', 'closed', 'updatedAt'] as const).find((name) => now[name] < before[name]) ?? null
  );
}

const latest = (before: Seen, now: Seen): Seen => (compare(before, now) === null ? now : before);
