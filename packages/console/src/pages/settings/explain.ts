// Explanation of a setting, in words that the page can show.

import type { SettingData } from '@plantain/client';
import type { Language } from '../../preferences.tsx';
import { explanationsZh } from './explanations-zh.ts';

export interface Explanation {
  /** Text with code between backquotes. */
  text: string;
  language: Language;
}

const chineseOf: ReadonlyMap<string, string> = new Map(
  Object.values(explanationsZh).flatMap((texts) => Object.entries(texts)),
);

/** Explains in the person's language, or in English: a newer server has settings that are not known here. */
export function explain(
  { name, about }: Pick<SettingData, 'name' | 'about'>,
  language: Language,
): Explanation {
  const chinese = language === 'zh' ? chineseOf.get(name) : undefined;
  return chinese === undefined
    ? { text: withoutLinks(about), language: 'en' }
    : { text: chinese, language: 'zh' };
}

/** Links of the server's text lead to files of its documentation, which are not here: only their words are kept. */
function withoutLinks(markdown: string): string {
  return markdown.replaceAll(/\[([^[\]]*)\]\([^()]*\)/g, '$1');
}

/** A text with code between backquotes, in pieces: every second one is code. */
export function piecesOf(text: string): string[] {
  return text.split('`');
}
