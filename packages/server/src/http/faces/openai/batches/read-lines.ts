// Reads the input file of a batch: JSON Lines, each a request of the Images API with an id of the client's
// (https://platform.openai.com/docs/guides/batch). Lines are read one by one, large ones in a thread.

import type { Buffer } from 'node:buffer';
import { RequestError } from '../../../../core/errors.ts';
import type { Submission } from '../../../../core/submit/submission.ts';
import type { TaskAction } from '../../../../core/tasks/task.ts';
import { createTurnKeeper } from '../../../../lib/turns/turn-keeper.ts';
import type { Fields } from '../../../body/body-fields.ts';
import type { BodyReader } from '../../../body/read-body.ts';
import { maxTasks } from '../../../submit/batch-submission.ts';
import type { SubmissionLimits } from '../../../submit/submission.ts';
import { shorten } from '../../../submit/submit-names.ts';
import { linesOf } from '../../kit/batch-files.ts';
import type { LinkToFile } from '../../kit/file-links.ts';
import type { OpenAiBatchError } from '../answers.ts';
import type { Sending } from '../image-members.ts';
import { imagePlaces, readImageRequest } from '../read-image-request.ts';

/** Endpoints whose requests a batch may have. */
export const batchEndpoints = {
  '/v1/images/generations': 'generate',
  '/v1/images/edits': 'edit',
} as const satisfies Readonly<Record<string, TaskAction>>;
export type BatchEndpoint = keyof typeof batchEndpoints;

/** Record of a line: the client's id, and how its pictures are to be sent. */
export interface RequestLine {
  customId: string;
  sending: Partial<Sending>;
}

/** An input file with faults, of which each is told with its line. */
export class UnreadableInput extends Error {
  readonly faults: OpenAiBatchError[];

  constructor(faults: OpenAiBatchError[]) {
    super('The input file of the batch can’t be read.');
    this.name = 'UnreadableInput';
    this.faults = faults;
  }
}

export interface LineParts {
  bodies: Pick<BodyReader, 'parse'>;
  limits: SubmissionLimits;
  linkToFile: LinkToFile;
}

interface Asked {
  keyId: string;
  endpoint: BatchEndpoint;
  /** Deadline of requests that say nothing of it. */
  deadlineSeconds: number;
}

export interface ReadLines {
  submissions: Submission[];
  lines: RequestLine[];
  warnings: string[];
}

const enoughFaults = 200;
const maxWarnings = 500;
const maxMembers = 10_000;
const maxIdLength = 512;

/** Throws `UnreadableInput` with every fault, up to 200. */
export async function readLines(parts: LineParts, bytes: Buffer, asked: Asked): Promise<ReadLines> {
  const keepTurns = createTurnKeeper();
  const read: ReadLines = { submissions: [], lines: [], warnings: [] };
  const faults: OpenAiBatchError[] = [];
  const ids = new Set<string>();
  for (const { line, number } of linesOf(bytes)) {
    if (line === null || read.lines.length + faults.length >= maxTasks) {
      faults.push(fault(null, 'too_many_requests', `A batch has at most ${maxTasks} requests here.`));
      break;
    }
    if (faults.length >= enoughFaults) break;
    await keepTurns();
    try {
      const { submission, sending, customId, warnings } = await readLine(parts, line, asked, { ids, number });
      read.submissions.push(submission);
      read.lines.push({ customId, sending });
      for (const warning of warnings) read.warnings.push(`line ${number}: ${warning}`);
    } catch (error) {
      faults.push(...faultsOf(error, number));
    }
  }
  if (faults.length === 0 && read.lines.length === 0)
    faults.push(fault(null, 'empty_file', 'The input file has no requests.'));
  if (faults.length > 0) throw new UnreadableInput(faults.slice(0, enoughFaults));
  return { ...read, warnings: read.warnings.slice(0, maxWarnings) };
}

async function readLine(
  { bodies, limits, linkToFile }: LineParts,
  line: Buffer,
  { keyId, endpoint, deadlineSeconds }: Asked,
  { ids, number }: { ids: Set<string>; number: number },
) {
  const { maxPictureBytes } = limits;
  const contentType = 'application/json';
  const options = { keyId, contentType, pictures: imagePlaces, maxPictureBytes, maxMembers };
  const { fields } = await bodies.parse(line, options);
  const { custom_id: customId, method, url, body } = fields;
  if (typeof customId !== 'string' || customId === '' || customId.length > maxIdLength)
    throw new LineFault('invalid_custom_id', 'custom_id', `must be a text of 1 to ${maxIdLength} characters`);
  if (ids.has(customId))
    throw new LineFault('duplicate_custom_id', 'custom_id', 'is that of an earlier line too');
  ids.add(customId);
  if (method !== 'POST') throw new LineFault('invalid_method', 'method', 'must be POST');
  if (url !== endpoint)
    throw new LineFault('invalid_url', 'url', `must be the batch’s endpoint, ${endpoint}`);
  if (!isFields(body)) throw new LineFault('invalid_body', 'body', 'must be an object');
  const said = { deadline_seconds: deadlineSeconds, ...body };
  const findFile = (id: string) => linkToFile(keyId, id);
  const { read, sending } = await readImageRequest(
    batchEndpoints[endpoint],
    { fields: said, files: [] },
    { limits, findFile },
  );
  if (sending.isStream) throw new LineFault('invalid_body', 'body.stream', 'is not taken by a batch');
  const { submission, warnings } = read;
  const inputs = submission.inputs.map((input) => ({ ...input, path: `line ${number}: body.${input.path}` }));
  return { submission: { ...submission, inputs }, sending, customId, warnings };
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' &&
  value !== null &&
  !(Array.isArray(value) || value instanceof Uint8Array || value instanceof Error);

class LineFault extends Error {
  readonly code: string;
  readonly param: string;

  constructor(code: string, param: string, message: string) {
    super(message);
    this.code = code;
    this.param = param;
  }
}

function fault(
  line: number | null,
  code: string,
  message: string,
  param: string | null = null,
): OpenAiBatchError {
  return { code, message, line, param };
}

/** Faults of a line; throws whatever is none. */
function faultsOf(error: unknown, line: number): OpenAiBatchError[] {
  if (error instanceof LineFault)
    return [fault(line, error.code, `${error.param} ${error.message}.`, error.param)];
  if (!(error instanceof RequestError) || error.type === 'overloaded') throw error;
  const { details = [] } = error;
  if (details.length === 0 || details[0]?.path === '')
    return [fault(line, 'invalid_json_line', error.message.replace(/^The body/, 'The line'))];
  return details.map(({ path, message }) =>
    fault(line, 'invalid_body', `body.${shorten(path)} ${message}`, `body.${shorten(path)}`),
  );
}

/** Faults of pictures that came in lines, which are found when they are stored; `null` for any other refusal. */
export function faultsOfPictures(error: unknown): OpenAiBatchError[] | null {
  if (!(error instanceof RequestError) || !['input_unreachable', 'too_large'].includes(error.type))
    return null;
  const faults = (error.details ?? []).flatMap(({ path, message }) => {
    const [, line, param = ''] = /^line (\d{1,6}): (.*)$/s.exec(path) ?? [];
    return line === undefined ? [] : [fault(Number(line), 'invalid_image', `${param}: ${message}`, param)];
  });
  return faults.length === 0 ? null : faults;
}
