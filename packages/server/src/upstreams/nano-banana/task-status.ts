// Reads `data` of the status query. Only its state is insisted on: everything else may be missing, be null, or have another
// type than the document says, as PHP servers send `[]` for an empty object.

import { z } from 'zod';
import type { Usage } from '../../core/usage.ts';

/** Descriptions are a sentence or two; more than this is not worth storing with a task. */
const longestDescription = 32_768;

const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const texts = z.array(z.string()).optional().catch(undefined);
const count = z.int().min(0).optional().catch(undefined);

const counts = z.object({
  input_tokens: count,
  input_image_tokens: count,
  output_tokens: count,
  output_image_tokens: count,
  total_tokens: count,
});
/** An odd entry of a list is read as empty, so that it hides no other. */
const images = z
  .array(z.object({ url: text }).catch({}))
  .optional()
  .catch(undefined);
const attempts = z
  .array(z.object({ maybe_billed: z.boolean().optional().catch(undefined) }).catch({}))
  .optional()
  .catch(undefined);
const status = z.object({
  state: z.string(),
  data: z.object({ images, description: text }).optional().catch(undefined),
  msg: text,
  progress: number,
  poll_after_seconds: number,
  warnings: texts,
  usage: counts.optional().catch(undefined),
  cost_micro_usd: count,
  error: z.object({ type: text, upstream_reason: text }).optional().catch(undefined),
  attempts,
});

export interface TaskStatus {
  state: string;
  /** Where the pictures are, `undefined` for an entry without a link. */
  links: (string | undefined)[];
  description: string;
  /** Whether the description was longer than what is kept. */
  cut: boolean;
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
  upstreamReason: string | undefined;
  /** Whether somebody may charge for calls without a picture; `undefined` where the server does not say. */
  maybeBilled: boolean | undefined;
}

/** `undefined` when it is not the status of a task. */
export function readTaskStatus(data: unknown): TaskStatus | undefined {
  const parsed = status.safeParse(data);
  if (!parsed.success) return undefined;
  const { state, data: result, msg = '', error, usage } = parsed.data;
  const description = result?.description ?? '';
  return {
    state,
    links: (result?.images ?? []).map(({ url }) => url),
    description: description.slice(0, longestDescription).toWellFormed(),
    cut: description.length > longestDescription,
    progress: fraction(parsed.data.progress),
    pollAfterSeconds: parsed.data.poll_after_seconds,
    warnings: parsed.data.warnings ?? [],
    usage: usage && knownCounts(usage),
    costMicroUsd: parsed.data.cost_micro_usd,
    message: msg,
    errorType: error?.type,
    upstreamReason: error?.upstream_reason,
    maybeBilled: parsed.data.attempts?.some(({ maybe_billed: maybe }) => maybe === true),
  };
}

/** The sibling family of this API counts to 100. */
function fraction(progress: number | undefined): number | undefined {
  if (progress === undefined || progress < 0 || progress > 100) return undefined;
  return progress > 1 ? progress / 100 : progress;
}

function knownCounts(usage: z.infer<typeof counts>): Usage | undefined {
  const known = Object.entries(usage).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}
