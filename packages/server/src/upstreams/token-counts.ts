// Reads what an upstream counted. What is no count is left out: it goes into sums of money.

import { z } from 'zod';
import type { Usage } from '../core/upstreams/usage.ts';

/** A hundred thousand pictures of 4K have fewer tokens. */
const maxTokens = 1e9;

/** A whole number of tokens; anything else, also a negative or an absurd one, reads as `undefined`. */
export const tokenCount = z.int().min(0).max(maxTokens).optional().catch(undefined);

/** The counts that are there; `undefined` when none is. */
export function usageOf(counts: Readonly<Record<string, number | undefined>>): Usage | undefined {
  const known = Object.entries(counts).filter((entry): entry is [string, number] => entry[1] !== undefined);
  return known.length === 0 ? undefined : Object.fromEntries(known);
}
