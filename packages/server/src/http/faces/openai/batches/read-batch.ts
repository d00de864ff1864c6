// Reads what a client says of a batch beside its requests.

import type { Fault } from '../../../../core/errors.ts';
import type { Fields } from '../../../body/body-fields.ts';
import { invalid } from '../../../refusals/invalid.ts';
import { absent } from '../../../submit/member-names.ts';
import type { SubmissionLimits } from '../../../submit/submission.ts';
import { ignoredWarnings } from '../../kit/ignored-members.ts';
import { readFileId } from './ids.ts';
import { batchEndpoints, type BatchEndpoint } from './read-lines.ts';

/** Record of a batch. */
export interface BatchSaid {
  endpoint: string;
  inputFileId: string;
  completionWindow: string;
  /** Longest time that its requests have, unless they say another. */
  deadlineSeconds: number;
  metadata: Record<string, string> | null;
  /** Faults of its input file. */
  errors?: { code: string; message: string; line: number | null; param: string | null }[];
  /** Files of results that were deleted. */
  deleted?: ('output' | 'error')[];
}

export interface BatchRequest {
  said: BatchSaid;
  endpoint: BatchEndpoint;
  /** UUID of the input file. */
  fileId: string;
  /** Retention of the pictures from the end of each task, where the batch says one. */
  expiresInSeconds: number | undefined;
  warnings: string[];
}

const maxWindowHours = 168;
/** As OpenAI has them: https://platform.openai.com/docs/api-reference/batch/create */
const metadataBounds = { members: 16, name: 64, value: 512 };
const known = new Set([
  'endpoint',
  'input_file_id',
  'completion_window',
  'metadata',
  'output_expires_after',
  'key',
]);

/** Throws `RequestError` (`invalid_request`) with every fault. */
export function readBatchRequest(fields: Fields, limits: SubmissionLimits): BatchRequest {
  const faults: Fault[] = [];
  const warnings = ignoredWarnings(
    Object.keys(fields).filter((name) => !known.has(name) && !absent(fields[name])),
  );
  const { endpoint, input_file_id: inputFileId, completion_window: window } = fields;
  const file = typeof inputFileId === 'string' ? readFileId(inputFileId) : null;
  if (file?.kind !== 'input')
    faults.push({ path: 'input_file_id', message: 'must be the id of a file that was uploaded for a batch' });
  if (typeof endpoint !== 'string' || !Object.hasOwn(batchEndpoints, endpoint))
    faults.push({ path: 'endpoint', message: `must be ${Object.keys(batchEndpoints).join(' or ')}` });
  const [, hours = ''] = /^(\d{1,3})h$/.exec(typeof window === 'string' ? window : '') ?? [];
  if (!(Number(hours) >= 1 && Number(hours) <= maxWindowHours))
    faults.push({
      path: 'completion_window',
      message: `must be hours, such as 24h, and at most ${maxWindowHours}h`,
    });
  const metadata = readMetadata(fields['metadata'], faults);
  const expiresInSeconds = readExpiry(fields['output_expires_after'], limits, faults);
  if (faults.length > 0 || file?.kind !== 'input') throw invalid(faults);
  const seconds = Number(hours) * 3_600;
  const deadlineSeconds = Math.min(seconds, limits.maxDeadlineSeconds);
  if (deadlineSeconds < seconds)
    warnings.push(
      `completion_window: no task here has more than ${deadlineSeconds} seconds (max_batch_deadline_seconds)`,
    );
  const said = {
    endpoint: endpoint as BatchEndpoint,
    inputFileId: inputFileId as string,
    completionWindow: window as string,
    deadlineSeconds,
    metadata,
  };
  return { said, endpoint: said.endpoint, fileId: file.id, expiresInSeconds, warnings };
}

function readMetadata(value: unknown, faults: Fault[]): Record<string, string> | null {
  if (absent(value)) return null;
  const { members, name: maxName, value: maxValue } = metadataBounds;
  const entries: [string, unknown][] =
    typeof value === 'object' && !Array.isArray(value) && !(value instanceof Error)
      ? Object.entries(value ?? {})
      : [['', null]];
  const isValid =
    entries.length <= members &&
    entries.every(
      ([name, text]) =>
        name !== '' && name.length <= maxName && typeof text === 'string' && text.length <= maxValue,
    );
  if (!isValid)
    faults.push({
      path: 'metadata',
      message: `must be an object of at most ${members} texts, with names of up to ${maxName} characters and values of up to ${maxValue}`,
    });
  return Object.fromEntries(entries) as Record<string, string>;
}

function readExpiry(
  value: unknown,
  { maxPictureLifetimeSeconds: max }: SubmissionLimits,
  faults: Fault[],
): number | undefined {
  if (absent(value)) return undefined;
  const seconds = typeof value === 'object' ? (value as { seconds?: unknown }).seconds : undefined;
  if (typeof seconds === 'number' && Number.isInteger(seconds) && seconds >= 60 && seconds <= max)
    return seconds;
  faults.push({
    path: 'output_expires_after.seconds',
    message: `must be a whole number from 60 to ${max}`,
  });
  return undefined;
}
