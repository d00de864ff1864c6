// Errors as parts of an answer: there Google has the number of google.rpc.Code in the place of the HTTP status.
// https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto

import type { FaceRefusal } from '../../../refusals/face-form.ts';
import type { GeminiContents, GeminiError } from '../answers.ts';
import { geminiForm } from '../gemini-form.ts';
import type { GeminiStatus } from './answers.ts';

const codes: Readonly<Record<string, number>> = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  INTERNAL: 13,
  UNAVAILABLE: 14,
};

export function rpcStatus(status: string, message: string, details?: GeminiStatus['details']): GeminiStatus {
  return { code: codes[status] ?? codes['INTERNAL']!, message, status, ...(details && { details }) };
}

/** Gives what a batch has of a request without a picture: a response that says why, where that is no error at Google, else the error. */
export function unanswered(refusal: FaceRefusal): { response: GeminiContents } | { error: GeminiStatus } {
  const { status, body } = geminiForm.refuse(refusal);
  if (status === 200) return { response: body as GeminiContents };
  const { error } = body as GeminiError;
  return { error: rpcStatus(error.status, error.message, error.details) };
}
