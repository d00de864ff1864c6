// A finished picture that came as a link is paid for, so it is never made again for want of its bytes: the links are kept with the
// attempt as an operation is, and asked for like one, also by the next server. For adapters whose upstream answers at once.

import { TaskError } from '../../core/errors.ts';
import type { TaskFailure } from '../../core/errors.ts';
import type { Operation } from '../../core/tasks/task.ts';
import type { StartedOperation, UpstreamResult } from '../../core/upstreams/upstream.ts';
import { resolveLink, unfetched } from './download.ts';
import { fetchPictures, maxPictures } from './linked-pictures.ts';
import type { Fetching } from './linked-pictures.ts';
import type { Answer } from '../transport.ts';
import { toUnread } from '../answers/unread-answer.ts';

/** Everything that the answer said beside its links. */
export type Beside = Omit<UpstreamResult, 'pictures'>;

/** As it is kept, in JSON. */
interface Finished extends Omit<Beside, 'warnings'> {
  links: string[];
  /** How many pictures the answer promised. */
  promised: number;
}

/**
 * The operation whose `poll` is `pollFinished`. Of the links, which may be relative to `asked`, the first 16 that can be called are
 * kept. Throws `TaskError` (answered, maybe billed, never retryable) where none can be.
 */
export function finishedPictures(
  links: readonly string[],
  { warnings, ...beside }: Beside,
  {
    upstream,
    asked,
    answer,
    promised = links.length,
  }: {
    upstream: string;
    asked: URL;
    /** Answer that the links stood in, for the operator. */
    answer?: Answer;
    /** How many pictures the answer spoke of; default as many as are given. */
    promised?: number;
  },
): StartedOperation {
  const good: string[] = [];
  let refused: unknown;
  for (const link of links) {
    if (good.length === maxPictures) break;
    try {
      good.push(resolveLink(link, asked).href);
    } catch (error) {
      refused ??= error;
    }
  }
  if (good.length === 0) {
    const { failure } = unfetched(upstream, null, refused);
    throw new TaskError(maybeBilled(failure), { usage: beside.usage, answer: answer && toUnread(answer) });
  }
  const finished: Finished = { links: good, promised, ...beside };
  return { operation: { finished: JSON.stringify(finished) }, warnings, pollAfterMs: 0 };
}

/** A failure of the paid call itself. Of an operation, whoever followed it says so. */
export function maybeBilled(failure: TaskFailure): TaskFailure {
  return {
    ...failure,
    message: `${failure.message.replace(/\.$/, '')}. The call may have been billed.`,
    maybeBilled: true,
  };
}

/** The pictures of an operation that `finishedPictures` made. Throws as `fetchPictures` does, with what was counted and the links. */
export async function pollFinished(operation: Operation, fetching: Fetching): Promise<UpstreamResult> {
  const { links, promised, ...beside } = JSON.parse(operation['finished'] ?? '') as Finished;
  try {
    return { ...beside, ...(await fetchPictures(links, { ...fetching, promised })) };
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    const json = { links };
    const answer = { status: null, headers: {}, bytes: Buffer.from(JSON.stringify(json)), json };
    throw new TaskError(error.failure, { cause: error, usage: beside.usage, answer });
  }
}
