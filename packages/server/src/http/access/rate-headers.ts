// The fields that tell of rates: https://www.ietf.org/archive/id/draft-ietf-httpapi-ratelimit-headers-11.html
// They are a part of every status query of a key that is limited, and to write one costs more than to find it again: texts are remembered.

import type { Rate } from '../../core/limits/rates.ts';
import { windowSeconds } from '../../core/limits/rate-window.ts';

/** Adds names and values in turn; none where there is no rate. */
export function addRateHeaders(headers: string[], rates: readonly Rate[]): void {
  let policies = '';
  let states = '';
  for (const rate of rates) {
    const separator = policies === '' ? '' : ', ';
    policies = separator === '' ? policyOf(rate) : policies + separator + policyOf(rate);
    states = separator === '' ? stateOf(rate) : states + separator + stateOf(rate);
  }
  if (policies !== '') headers.push('RateLimit-Policy', policies, 'RateLimit', states);
}

/** Texts by a number, for each name of a rate. */
type Texts = Map<string, Map<number, string>>;
const policies: Texts = new Map();
const states: Texts = new Map();
const maxTexts = 10_000;

function policyOf({ name, max }: Rate): string {
  const known = textsOf(policies, name);
  let text = known.get(max);
  if (text === undefined) known.set(max, (text = `"${name}";q=${max};w=${windowSeconds}`));
  return text;
}

function stateOf({ name, left, seconds }: Rate): string {
  const told = roundedDown(left);
  const known = textsOf(states, name);
  // Seconds are at most 61.
  const number = told * 64 + seconds;
  let text = known.get(number);
  if (text === undefined) known.set(number, (text = `"${name}";r=${told};t=${seconds}`));
  return text;
}

/** Gives a map of fewer than so many texts. */
function textsOf(texts: Texts, name: string): Map<number, string> {
  let known = texts.get(name);
  if (known === undefined || known.size >= maxTexts) texts.set(name, (known = new Map()));
  return known;
}

/** A caller with ten thousand calls left is told so to three digits: it calls so often that each other number would be a text of its own. */
function roundedDown(left: number): number {
  if (left < 10_000) return left;
  let step = 100;
  while (left >= 1_000 * step) step *= 10;
  return left - (left % step);
}
