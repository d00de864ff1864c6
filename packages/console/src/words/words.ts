// Texts of the console in each language. Every page has its words beside it; the compiler sees to it that no language lacks any.

import { useCallback } from 'react';
import { type Language, usePreferences } from '../preferences.tsx';

export type Words<Key extends string> = Readonly<Record<Language, Readonly<Record<Key, string>>>>;
export type Values = Readonly<Record<string, string | number>>;
export type Say<Key extends string> = (key: Key, values?: Values) => string;

export function defineWords<Key extends string>(words: Words<Key>): Words<Key> {
  return words;
}

/** A function that says a text in the language of the person; `{name}` in it stands for `values.name`. */
export function useWords<Key extends string>(words: Words<Key>): Say<Key> {
  const { language } = usePreferences();
  return useCallback((key, values) => sayIn(words[language], key, values), [words, language]);
}

/** A key without words is its own: a page that stays open while its server is upgraded gets types that it does not know. */
export function sayIn(texts: Readonly<Record<string, string>>, key: string, values?: Values): string {
  const text = texts[key] ?? key;
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values?.[name] ?? whole));
}
