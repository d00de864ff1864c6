// Reads `data` of the status query. Only its state is insisted on: everything else may be missing, be null, or have another
// type than the document says, as PHP servers send `[]` for an empty object.

import { z } from 'zod';
import type { Usage } from '../../core/usage.ts';
import { tokenCount, usageOf } from '../token-counts.ts';

/** Millionths of a US dollar; a price above a million dollars is none. */
const cost = z.int().min(0).max(1e12).optional().catch(undefined);

const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);
const texts = z.array(z.string()).optional().catch(undefined);
const counts = z.object({
  input_tokens: tokenCount,
  input_image_tokens: tokenCount,
  output_tokens: tokenCount,
  output_image_tokens: tokenCount,
  total_tokens: tokenCount,
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
  poll_after_seconds: z.number().max(86_400).optional().catch(undefined),
  warnings: texts,
  usage: counts.optional().catch(undefined),
  cost_micro_usd: cost,
  error: z.object({ type: text, upstream_reason: text }).optional().catch(undefined),
  attempts,
});

export interface TaskStatus {
  state: string;
  /** Where the pictures are, `undefined` for an entry without a link. */
  links: (string | undefined)[];
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
  upstreamReason: string | undefined;
  /** Whether somebody may charge for calls without a picture; `undefined` where the server does not say. */
  maybeBilled: boolean | undefined;
}

/** `undefined` when it is not the status of a task. */
export function readTaskStatus(data: unknown): TaskStatus | undefined {
  const parsed = status.safeParse(data);
  if (!parsed.success) return undefined;
  const { state, data: result, msg = '', error, usage } = parsed.data;
  return {
    state,
    links: (result?.images ?? []).map(({ url }) => url),
    description: result?.description ?? '',
    progress: fraction(parsed.data.progress),
    pollAfterSeconds: parsed.data.poll_after_seconds,
    warnings: parsed.data.warnings ?? [],
    usage: usage && usageOf(usage),
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
