// Reads the envelope that every answer of the task API comes in. Some servers say that they refuse with the HTTP status, some
// with `code` inside an HTTP 200, some with words, and something in front of them may answer with a page of HTML.

import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { RequestErrorType } from '../../core/errors.ts';
import { lastEvent } from '../answers/answer-json.ts';
import type { AskedAnswer } from '../api-calls.ts';
import { errorWords, isTelling } from '../failures/error-words.ts';
import { readOperationId } from '../operations/operation-id.ts';
import { asMeant } from '../answers/meant-answer.ts';
import { isOk } from '../transport.ts';

/** An answer, as far as its envelope says. */
export interface TaskReply {
  /** 200, or the status of the failure, wherever it stood; 400 where it stood nowhere. */
  status: number;
  /** Whether the status was read out of words, or of a `code` that may mean something else: a payload of use goes before it. */
  doubtful: boolean;
  headers: IncomingHttpHeaders;
  /** Whether it is an envelope at all. */
  recognised: boolean;
  /** The sentence for people, else `""`. */
  message: string;
  /** `error.type`, which only a Plantain gives. */
  errorType: RequestErrorType | undefined;
  /** Codes that others name the failure with. */
  codes: string[];
  /** The members of the request that are at fault, as a Plantain names them. */
  faultPaths: string[];
  data: unknown;
  /** All of it. */
  answer: AskedAnswer;
}

const text = z.string().optional().catch(undefined);
/** `"-1"` is the number; what is no number is a word. */
const code = z
  .union([z.int(), z.string()])
  .transform((given) => (/^\s*-?\d{1,9}\s*$/.test(String(given)) ? Number(given) : String(given).trim()))
  .optional()
  .catch(undefined);
const envelope = z.object({
  code,
  success: z.boolean().optional().catch(undefined),
  data: z.unknown().optional(),
  error: z.unknown().optional(),
  description: text,
});
const fault = z.object({
  type: text,
  code,
  details: z
    .array(z.object({ path: text }).catch({}))
    .optional()
    .catch(undefined),
});

/** A Plantain's own names of refusals; others have an `error.type` of other words. */
const plantainTypes: Readonly<Record<RequestErrorType, true>> = {
  invalid_request: true,
  unauthenticated: true,
  budget_exhausted: true,
  forbidden: true,
  not_found: true,
  conflict: true,
  too_large: true,
  unsupported_media: true,
  input_unreachable: true,
  rate_limited: true,
  internal: true,
  overloaded: true,
};

export function readReply(answer: AskedAnswer): TaskReply {
  const body = lastEvent(answer.json);
  const members = envelope.safeParse(body).data ?? { data: undefined, error: undefined };
  const error = fault.safeParse(members.error).data;
  const said = [members.error, body, members.data].map((each) => errorWords(each)).find(isTelling);
  const codes = [members.code, error?.code].filter((each) => each !== undefined);
  const words = [...codes, error?.type].filter((each) => typeof each === 'string').filter(isTelling);
  const refused =
    members.success === false || isTelling(errorWords(members.error)) || codes.map(String).some(isTelling);
  // In an answer that is no refusal it tells of a picture.
  const message = said ?? (refused ? (members.description ?? '') : '');
  return {
    ...meantStatus(answer, { codes, refused, message, words }),
    headers: answer.headers,
    recognised: codes.length > 0 || members.success !== undefined || refused,
    message,
    errorType: isPlantains(error?.type) ? error.type : undefined,
    codes: words,
    faultPaths: (error?.details ?? []).map(({ path }) => path).filter((path) => path !== undefined),
    data: members.data,
    answer,
  };
}

function isPlantains(type: string | undefined): type is RequestErrorType {
  return type !== undefined && Object.hasOwn(plantainTypes, type);
}

function meantStatus(
  answer: AskedAnswer,
  told: { codes: (number | string)[]; refused: boolean; message: string; words: string[] },
): Pick<TaskReply, 'status' | 'doubtful'> {
  const status = told.codes.find((each) => typeof each === 'number' && each >= 400 && each < 600);
  if (typeof status === 'number') return { status, doubtful: false };
  if (!isOk(answer)) return { status: answer.status, doubtful: false };
  if (!told.refused) return { status: 200, doubtful: false };
  const [first, second] = told.words;
  const meant = asMeant({ ...answer, json: { error: { message: told.message, code: first, type: second } } });
  return { status: isOk(meant) ? 400 : meant.status, doubtful: true };
}

const accepted = z.object({
  warnings: z.array(z.string()).catch([]),
  poll_after_seconds: z.number().max(86_400).optional().catch(undefined),
});

/** The surest first. */
const idNames = ['taskid', 'id', 'jobid', 'generationid', 'predictionid', 'uuid', 'requestid'];

export interface AcceptedTask {
  taskId: string;
  warnings: string[];
  pollAfterSeconds: number | undefined;
}

/** Reads the answer to a submit that was accepted; `undefined` when it names no task. */
export function readAccepted({ data, answer }: TaskReply): AcceptedTask | undefined {
  // Outside of `data` a request may have an id of its own.
  const taskId =
    readOperationId(answer, idNames, { data }) ?? readOperationId(answer, ['taskid', 'id', 'jobid']);
  if (taskId === undefined) return undefined;
  const { warnings = [], poll_after_seconds: pollAfterSeconds } =
    accepted.safeParse(lastEvent(data)).data ?? {};
  return { taskId, warnings, pollAfterSeconds };
}
