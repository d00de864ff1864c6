// Files of a batch's results: JSON Lines that are made while they are sent, one task and one picture after another, so that a thousand pictures
// take no memory that anybody notices.

import { Buffer } from 'node:buffer';
import { RequestError } from '../../../../core/errors.ts';
import type { RenderPicture } from '../../../../core/pictures/renditions.ts';
import type { TaskReads } from '../../../../core/tasks/task-reads.ts';
import type { Task } from '../../../../core/tasks/task.ts';
import { codeOf, statusOf } from '../../../refusals/envelope.ts';
import type { Links } from '../../../views/task-view.ts';
import { tasksOf } from '../../kit/batch-files.ts';
import type { BatchLine } from '../../kit/client-batches.ts';
import { openAiForm } from '../../kit/openai-form.ts';
import { pictureJson, type PictureReads, PictureText } from '../../kit/picture-json.ts';
import type { Sending } from '../image-members.ts';
import { imagesOf } from '../images.ts';
import type { ResultKind } from './ids.ts';
import type { RequestLine } from './read-lines.ts';

export interface ResultParts {
  store: Pick<TaskReads, 'find'>;
  links: Links;
  render: RenderPicture;
  pictures: PictureReads;
}

interface Result {
  keyId: string;
  lines: readonly BatchLine<RequestLine>[];
  kind: ResultKind;
}

/** Gives the bytes of a file of results. A picture that was deleted is a line that says so. */
export async function* resultBytes(parts: ResultParts, result: Result): AsyncGenerator<Buffer> {
  for await (const { line, task } of tasksIn(parts, result)) {
    if (task?.state !== 'succeeded') {
      yield toLine(failedLine(line, task));
      continue;
    }
    try {
      const body = await imagesOf(parts, task, sendingOf(line));
      yield* (await pictureJson(answered(line, task.id, 200, body), parts.pictures)).pieces();
      yield lineFeed;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      yield toLine(refusedLine(line, task.id, error));
    }
  }
}

/** Gives the length of a file of results in bytes; of pictures that are converted when they are sent, as long as they are before. */
export async function resultLength(parts: ResultParts, result: Result): Promise<number> {
  const unconverted: RenderPicture = async ({ key, content_type: contentType, bytes }) => ({
    key,
    contentType,
    bytes,
  });
  let length = 0;
  for await (const { line, task } of tasksIn(parts, result)) {
    if (task?.state !== 'succeeded') {
      length += toLine(failedLine(line, task)).length;
      continue;
    }
    const sending = sendingOf(line);
    const body = await imagesOf({ links: parts.links, render: unconverted }, task, sending);
    const text = JSON.stringify(answered(line, task.id, 200, body), (_name, value: unknown) =>
      value instanceof PictureText ? '' : value,
    );
    const pictures = sending.asLink ? [] : (task.result?.pictures ?? []);
    length += Buffer.byteLength(text) + 1;
    for (const { bytes } of pictures) length += 4 * Math.ceil(bytes / 3);
  }
  return length;
}

const lineFeed = Buffer.from('\n');

/** Tasks of a file, in the order of the lines; `null` for one that was deleted. */
async function* tasksIn({ store }: ResultParts, { keyId, lines, kind }: Result) {
  for await (const { line, task } of tasksOf(store, keyId, lines))
    if ((task?.state === 'succeeded') === (kind === 'output')) yield { line, task };
}

function sendingOf({ sending }: RequestLine): Sending {
  const { asLink = false, format, quality } = sending;
  return { asLink, isStream: false, partialImages: 0, format, quality };
}

const toLine = (value: object): Buffer => Buffer.from(`${JSON.stringify(value)}\n`);

function answered(
  { customId, task = '' }: BatchLine<RequestLine>,
  requestId: string,
  status: number,
  body: object,
) {
  return {
    id: `batch_req_${task}`,
    custom_id: customId,
    response: { status_code: status, request_id: requestId, body },
    error: null,
  };
}

/** Errors of requests that were not answered, by the codes that OpenAI has for them. */
function unanswered({ customId, task = '' }: BatchLine<RequestLine>, code: string, message: string) {
  return { id: `batch_req_${task}`, custom_id: customId, response: null, error: { code, message } };
}

function failedLine(line: BatchLine<RequestLine>, task: Task | null): object {
  if (task === null) return unanswered(line, 'deleted', 'The task was deleted.');
  const { type = 'internal', message = 'The task failed.' } = task.failure ?? {};
  if (type === 'cancelled') return unanswered(line, 'batch_cancelled', message);
  if (type === 'deadline_exceeded') return unanswered(line, 'batch_expired', message);
  const refusal = { status: codeOf[type], type, message, requestId: task.id, details: undefined, task };
  const { status, body } = openAiForm.refuse(refusal);
  return answered(line, task.id, status, body);
}

function refusedLine(line: BatchLine<RequestLine>, requestId: string, error: RequestError): object {
  const { type, message } = error;
  const refusal = { status: statusOf[type], type, message, requestId, details: undefined };
  const { status, body } = openAiForm.refuse(refusal);
  return answered(line, requestId, status, body);
}
