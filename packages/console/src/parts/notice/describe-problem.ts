// What is said of an error: a text of the console's own, chosen by the error's class and type, and behind it what somebody else said,
// which is English whatever the person reads. Whoever reads English gets the server's sentence alone: both would say the same.

import {
  ApiError,
  type Fault,
  PlantainError,
  UnexpectedAnswerError,
  UnsupportedError,
} from '@plantain/client';
import { isAway } from '../../away.ts';
import type { Language } from '../../preferences.tsx';
import { refusalWords } from '../../words/refusals.ts';

export type RefusalWord = keyof typeof refusalWords.en;

export interface ProblemTold {
  /** Which of the words says what happened, or the text that does. */
  lead: { word: RefusalWord } | { text: string };
  /** What somebody else said of it. */
  quoted?: { text: string; by: 'server' | 'page' };
  /** What is off in the request, and where: in place of the sentence that names the first of them. */
  faults: readonly Fault[];
  /** What the server's log knows the request by. */
  requestId?: string | undefined;
  /** 0 where the server names no time. */
  retryAfterSeconds: number;
}

export function tellProblem(error: unknown, language: Language): ProblemTold {
  const text = error instanceof Error ? error.message : String(error);
  const word = wordFor(error);
  const { details, requestId, retryAfterSeconds = 0 } = error instanceof ApiError ? error : nothing;
  const rest = { requestId, retryAfterSeconds };
  if (word === undefined) return { lead: { text }, faults: [], ...rest };
  if (word === 'noAnswer') return { lead: { word }, faults: [], ...rest };
  // Of several faults the sentence names the first ones only.
  const saysAll = language === 'en' && error instanceof PlantainError && text !== '' && details.length < 2;
  if (saysAll) return { lead: { text }, faults: [], ...rest };
  if (details.length > 0 || text === '') return { lead: { word }, faults: details, ...rest };
  const by = word === 'pageFault' ? 'page' : 'server';
  return { lead: { word }, quoted: { text, by }, faults: [], ...rest };
}

const nothing: Partial<Pick<ApiError, 'requestId' | 'retryAfterSeconds'>> & Pick<ApiError, 'details'> = {
  details: [],
};

/** `undefined` where the text of the error is the console's own, in the person's language. */
function wordFor(error: unknown): RefusalWord | undefined {
  if (isAway(error)) return 'noAnswer';
  if (error instanceof UnexpectedAnswerError) return 'unexpected';
  if (error instanceof ApiError) {
    // A newer server may have types that this page does not know.
    const { type = 'refused' } = error;
    return Object.hasOwn(refusalWords.en, type) ? type : 'refused';
  }
  if (error instanceof UnsupportedError) return 'unsupported';
  if (error instanceof PlantainError) return 'failed';
  // What pages have to say themselves they put into a plain error; its subclasses are the browser's.
  const isOwn = error instanceof Error && error.constructor === Error && error.message !== '';
  return isOwn ? undefined : 'pageFault';
}
