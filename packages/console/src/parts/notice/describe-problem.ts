// Describes an error to a person: a text of the console's own, chosen by the error's class and type, and a quotation of the server or the
// browser, which is English. In English the server's sentence stands alone, as both would say the same.

import {
  ApiError,
  type Fault,
  type LimitFault,
  PlantainError,
  UnexpectedAnswerError,
  UnsupportedError,
} from '@plantain/client';
import { isAway } from '../../away.ts';
import type { Language } from '../../preferences.tsx';
import { refusalWords } from '../../words/refusals.ts';

export type RefusalWord = keyof typeof refusalWords.en;

export interface ProblemDescription {
  /** Name of the words that say what happened, or the text itself. */
  lead: { word: RefusalWord } | { text: string };
  /** Sentence of the server or the browser about it. */
  quoted?: { text: string; by: 'server' | 'page' };
  /** Faults of the request and where they lie; shown in place of the sentence, which names the first of them. */
  faults: readonly Fault[];
  /** Budget or limit that refuses the request. */
  limit?: LimitFault | undefined;
  requestId?: string | undefined;
  /** 0 where the server names no time. */
  retryAfterSeconds: number;
}

export function describeProblem(error: unknown, language: Language): ProblemDescription {
  const text = error instanceof Error ? error.message : String(error);
  const word = wordFor(error);
  const {
    details: all,
    limit,
    requestId,
    retryAfterSeconds = 0,
  } = error instanceof ApiError ? error : nothing;
  const details = all.filter((fault) => fault !== limit);
  const rest = { limit, requestId, retryAfterSeconds };
  if (word === undefined) return { lead: { text }, faults: [], ...rest };
  if (word === 'noAnswer') return { lead: { word }, faults: [], ...rest };
  // Of several faults the sentence names the first ones only.
  const saysAll = language === 'en' && error instanceof PlantainError && text !== '' && details.length < 2;
  if (saysAll) return { lead: { text }, faults: [], ...rest };
  if (details.length > 0 || text === '') return { lead: { word }, faults: details, ...rest };
  const by = word === 'pageFault' ? 'page' : 'server';
  return { lead: { word }, quoted: { text, by }, faults: [], ...rest };
}

const nothing: Partial<Pick<ApiError, 'limit' | 'requestId' | 'retryAfterSeconds'>> &
  Pick<ApiError, 'details'> = {
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
  // Pages put their own texts into a plain error; its subclasses are the browser's.
  const isOwn = error instanceof Error && error.constructor === Error && error.message !== '';
  return isOwn ? undefined : 'pageFault';
}
