// Reads the answer to a status query. Nothing but the state is insisted on, and where pictures are, not even that: everything may
// be missing, be null, stand elsewhere or have another type than the document says, as PHP servers send `[]` for an empty object.

import { z } from 'zod';
import type { Usage } from '../../core/upstreams/usage.ts';
import { errorWords } from '../failures/error-words.ts';
import { findOperationState, readOperationState } from '../operations/operation-state.ts';
import type { FoundState, OperationState } from '../operations/operation-state.ts';
import { findPictures, holdsNone } from '../results/result-links.ts';
import type { ResultPictures } from '../results/result-links.ts';
import { isMembers } from '../answers/members.ts';
import { plainName } from '../failures/plain-name.ts';
import { tokenCount, usageOf } from '../token-counts.ts';
import type { TaskReply } from './reply.ts';

/** Millionths of a US dollar; a price above a million dollars is none. */
const cost = z.int().min(0).max(1e12).optional().catch(undefined);

const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const counts = z.object({
  input_tokens: tokenCount,
  input_image_tokens: tokenCount,
  output_tokens: tokenCount,
  output_image_tokens: tokenCount,
  total_tokens: tokenCount,
});
const attempts = z
  .array(z.object({ maybe_billed: z.boolean().optional().catch(undefined) }).catch({}))
  .optional()
  .catch(undefined);
const status = z.object({
  data: z.unknown().optional(),
  description: text,
  progress: number,
  poll_after_seconds: z.number().max(86_400).optional().catch(undefined),
  warnings: z.array(z.string()).catch([]),
  usage: counts.optional().catch(undefined),
  cost_micro_usd: cost,
  // The price to this server at a Plantain, which may hide what its own upstream costs.
  cost: z.object({ charged_micro_usd: cost }).optional().catch(undefined),
  error: z.object({ type: text, upstream_reason: text }).optional().catch(undefined),
  attempts,
});
const codeNames: ReadonlySet<string> = new Set('code type failcode errorcode failurereason'.split(' '));
const document = z.object({ images: z.unknown().optional(), description: text });

export interface TaskStatus {
  state: OperationState;
  pictures: ResultPictures;
  description: string;
  /** 0 to 1. */
  progress: number | undefined;
  pollAfterSeconds: number | undefined;
  warnings: string[];
  usage: Usage | undefined;
  costMicroUsd: number | undefined;
  /** Why the task failed, else `""`. */
  message: string;
  /** A Plantain's own type of failure, and its upstream's words. */
  errorType: string | undefined;
  /** Names that others give the failure, the word for the state among them. */
  codes: string[];
  upstreamReason: string | undefined;
  /** Whether somebody may charge for calls without a picture; `undefined` where the server does not say. */
  maybeBilled: boolean | undefined;
}

type FoundTask = Pick<FoundState, 'members'> & {
  /** `undefined` where there are pictures and no state. */
  word: FoundState['word'] | undefined;
};

/** `undefined` when it is not the status of a task. */
export function readTaskStatus({ data, answer }: Pick<TaskReply, 'data' | 'answer'>): TaskStatus | undefined {
  const task = findTask(data, answer.json);
  if (task === undefined) return undefined;
  const parsed = status.parse(task.members);
  const inside = document.safeParse(parsed.data).data;
  const own = picturesOf(task.members, parsed.data, inside?.images);
  // Beside the task, where that is only its state.
  const pictures = holdsNone(own) && inside?.images === undefined ? findPictures(data ?? answer.json) : own;
  // Some have no other words than those for the state, such as `Content Moderated`.
  const message = errorWords(task.members) || (/[\s_]/.test(String(task.word)) ? String(task.word) : '');
  return {
    state: stateOf(task.word, pictures, message),
    pictures,
    description: inside?.description ?? parsed.description ?? '',
    progress: fraction(parsed.progress),
    pollAfterSeconds: parsed.poll_after_seconds,
    warnings: parsed.warnings,
    usage: parsed.usage && usageOf(parsed.usage),
    costMicroUsd: parsed.cost?.charged_micro_usd ?? parsed.cost_micro_usd,
    message,
    errorType: parsed.error?.type,
    codes: codesOf(task),
    upstreamReason: parsed.error?.upstream_reason,
    maybeBilled: parsed.attempts?.some(({ maybe_billed: maybe }) => maybe === true),
  };
}

function findTask(data: unknown, body: unknown): FoundTask | undefined {
  // The `status` of an envelope around a task is that of the call. Servers without an envelope have the task in its place.
  const surely = typeof data === 'object' && data !== null;
  return (
    findOperationState(data) ??
    findOperationState(body, { surely }) ??
    [data, body].map(withPictures).find((found) => found !== undefined)
  );
}

function withPictures(data: unknown): FoundTask | undefined {
  return findPictures(data).links.length > 0 ? { members: { data }, word: undefined } : undefined;
}

function stateOf(
  word: string | number | undefined,
  { links }: ResultPictures,
  message: string,
): OperationState {
  const count = word === undefined ? NaN : Number(word);
  if (Number.isNaN(count)) {
    const state = readOperationState(word) ?? 'unknown';
    return state === 'unknown' ? (links.length > 0 ? 'succeeded' : 'goes on') : state;
  }
  // A number means something else at each server, and what is beside it tells more; 0 and 1 are of tasks that go on.
  if (links.length > 0) return 'succeeded';
  return (count < 0 || count > 1) && message !== '' ? 'failed' : 'goes on';
}

function codesOf({ members, word }: FoundTask): string[] {
  const error = isMembers(members) ? members['error'] : undefined;
  const told = [members, error].filter(isMembers).flatMap((each) =>
    Object.entries(each)
      .filter(([name]) => codeNames.has(plainName(name)))
      .map(([, code]) => code),
  );
  return [...told, word].filter((code) => typeof code === 'string' || typeof code === 'number').map(String);
}

/** Pictures of `data`, where the document has them, or else of the whole answer. */
function picturesOf(members: object, result: unknown, images: unknown): ResultPictures {
  const documented = findPictures(result);
  const saysNone = Array.isArray(images) && images.length === 0;
  return saysNone || documented.promised > 0 ? documented : findPictures(members);
}

/** The v1 family of this API counts to 100. */
function fraction(progress: number | undefined): number | undefined {
  if (progress === undefined || progress < 0 || progress > 100) return undefined;
  return progress > 1 ? progress / 100 : progress;
}
