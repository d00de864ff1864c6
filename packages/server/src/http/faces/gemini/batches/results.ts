// Responses of a batch, made while they are sent, one task and one picture after another, so that a thousand pictures take no memory that
// anybody notices.

import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import { RequestError } from '../../../../core/errors.ts';
import type { RenderPicture } from '../../../../core/pictures/renditions.ts';
import type { TaskReads } from '../../../../core/tasks/task-reads.ts';
import type { Task } from '../../../../core/tasks/task.ts';
import { statusOf } from '../../../refusals/envelope.ts';
import type { Links } from '../../../views/task-view.ts';
import { tasksOf } from '../../kit/batch-files.ts';
import type { BatchLine } from '../../kit/client-batches.ts';
import { refusalOfTask } from '../../kit/face-scope.ts';
import { pictureJson, type PictureReads } from '../../kit/picture-json.ts';
import { contentsOf } from '../contents.ts';
import type { GeminiBatch } from './answers.ts';
import type { RequestLine } from './read-requests.ts';
import { rpcStatus, unanswered } from './rpc-status.ts';

export interface ResultParts {
  store: Pick<TaskReads, 'find'>;
  links: Links;
  render: RenderPicture;
  pictures: PictureReads;
}

interface Results {
  keyId: string;
  lines: readonly BatchLine<RequestLine>[];
}

const lineFeed = Buffer.from('\n');

/** Gives the bytes of the file of responses: a line for each request, by its key. */
export async function* responsesFile(
  parts: ResultParts,
  { keyId, lines }: Results,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const { line, task, index } of tasksOf(parts.store, keyId, lines)) {
    const { metadata, sending } = line;
    yield* answerOf(parts, { named: { key: keyOf(line, index), metadata }, sending }, task);
    yield lineFeed;
  }
}

/** The key of a line, or what its client may have put among the metadata of a request; else its place, counted from 1. */
function keyOf({ key, metadata }: RequestLine, index: number): string {
  const named = key ?? metadata?.['key'];
  return typeof named === 'string' ? named : String(index + 1);
}

/** Gives the bytes of a batch with its responses in it. */
export async function* withResponses(
  parts: ResultParts,
  batch: GeminiBatch,
  { keyId, lines }: Results,
): AsyncGenerator<Buffer, void, undefined> {
  // Made anew each time, so that no text of a client's can hold it.
  const mark = randomUUID();
  const output = { inlinedResponses: { inlinedResponses: [mark] } };
  const [before = '', after = ''] = JSON.stringify({
    ...batch,
    metadata: { ...batch.metadata, output },
  }).split(`"${mark}"`);
  yield Buffer.from(before);
  for await (const { line, task, index } of tasksOf(parts.store, keyId, lines)) {
    if (index > 0) yield Buffer.from(',');
    const { metadata, sending } = line;
    yield* answerOf(parts, { named: { metadata }, sending }, task);
  }
  yield Buffer.from(after);
}

/** Number of characters that the pictures have in base64; those that are converted or sent as links count as they were made. */
export async function sizeOfPictures({ store }: ResultParts, { keyId, lines }: Results): Promise<number> {
  let size = 0;
  for await (const { task } of tasksOf(store, keyId, lines))
    for (const { bytes } of task?.result?.pictures ?? []) size += 4 * Math.ceil(bytes / 3);
  return size;
}

async function* answerOf(
  parts: ResultParts,
  { named, sending }: { named: object } & Pick<RequestLine, 'sending'>,
  task: Task | null,
): AsyncGenerator<Buffer, void, undefined> {
  if (task?.state !== 'succeeded') {
    const gone = { error: rpcStatus('NOT_FOUND', 'The task was deleted.') };
    yield toBytes({ ...named, ...(task === null ? gone : unanswered(refusalOfTask(task, task.id))) });
    return;
  }
  try {
    const response = await contentsOf(task, sending, parts);
    yield* (await pictureJson({ ...named, response }, parts.pictures)).pieces();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const { type, message } = error;
    const refusal = { status: statusOf[type], type, message, requestId: task.id, details: undefined };
    yield toBytes({ ...named, ...unanswered(refusal) });
  }
}

const toBytes = (value: object): Buffer => Buffer.from(JSON.stringify(value));
