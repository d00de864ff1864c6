// Words of an upstream about charging for a call that gave no picture: they are believed, and go before what the kind of
// failure would make one think.

import type { TaskFailure } from '../../core/errors.ts';
import { searchedWords } from './error-words.ts';

/** Words for money that does not come back. */
const kept = /\b(?:not|non|no|never|cannot|n['’]t)(?: [\p{L}]{1,12}){0,2}[ -]refund|不(?:予|会|可|能)?退/iu;
const spares = [
  // You will not be charged; no credits were deducted; you are only charged for successful pictures.
  /\b(?:not|never|no|without|free of|only)(?: [\p{L}'’]{1,12}){0,3} (?:charged?|charges|billed|bill|billing|deducted|consumed|debited)\b/iu,
  /n['’]t(?: [\p{L}]{1,12}){0,3} (?:charged?|billed?|pay|deducted|consumed|debited)\b/iu,
  /\b(?:no|without|free of) charge\b/i,
  /\bno (?:credits?|points|tokens)(?: [\p{L}]{1,12}){0,2} (?:used|spent|taken)\b/iu,
  /\b(?:refund(?:ed|s)?|credited back)\b|\b(?:credits?|points)(?: [\p{L}]{1,12}){0,3} (?:returned|restored)\b/iu,
  /(?:不|未|没有)(?:会|被|予|再)?(?:扣费|扣除|扣款|计费|收费|扣点|扣积分)|已(?:自动|全额|原路)?(?:退(?:还|回|款|费)|返还)/,
];
const charges = [
  /\b(?:be|been|was|were|is|are|still|you)(?: [\p{L}]{1,12}){0,2} (?:charged|billed|deducted)\b/iu,
  /已扣(?:费|除|款)|(?:仍|照常|会|将)(?:会|将)?(?:扣费|计费|收费|扣除)/,
];

/** Whether the words say that the call is charged for; `undefined` where they say nothing of it. The prompt is among the `secrets`. */
export function saidOfCharging(words: string, secrets: readonly string[]): boolean | undefined {
  const said = searchedWords(words, secrets);
  if (kept.test(said)) return true;
  if (spares.some((pattern) => pattern.test(said))) return false;
  return charges.some((pattern) => pattern.test(said)) ? true : undefined;
}

/** The failure as the words of the upstream have it: with `maybeBilled`, or without it. */
export function asCharged(failure: TaskFailure, words: string, secrets: readonly string[]): TaskFailure {
  const charged = saidOfCharging(words, secrets);
  if (charged === undefined) return failure;
  // Where nothing is charged, nothing can be paid for twice.
  const { maybeBilled: _billed, unknownOutcome: _unknown, ...free } = failure;
  return charged ? { ...failure, maybeBilled: true } : free;
}
