// From a request as it was read to a valid submission, with the files among its pictures found.

import type { Caller } from '../../../core/keys/keys.ts';
import type { ReadSubmission, SubmissionLimits } from '../../submit/submission.ts';
import { type AskedPicture, readAsked } from '../kit/asked-task.ts';
import type { GeminiRequest } from './read-contents.ts';

/** Puts a link in the place of each picture that names a file of this server, and an `Error` where the key has no such file. */
export type ResolveFiles = (keyId: string, pictures: readonly AskedPicture[]) => Promise<AskedPicture[]>;

/** Rejects with `RequestError` (`invalid_request`) with every fault. */
export async function submissionOf(
  { asked, names, findings: { faults, warnings } }: GeminiRequest,
  { keyId }: Pick<Caller, 'keyId'>,
  { limits, resolveFiles }: { limits: SubmissionLimits; resolveFiles: ResolveFiles },
): Promise<ReadSubmission> {
  const pictures = await resolveFiles(keyId, asked.pictures ?? []);
  const read = readAsked({ ...asked, pictures }, limits, { names, faults });
  return { ...read, warnings: [...warnings, ...read.warnings] };
}
