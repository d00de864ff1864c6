// Making formats for the person's language.

import { type Language, usePreferences } from '../../preferences.tsx';

const tags: Record<Language, string> = { en: 'en', zh: 'zh-CN' };

/** Makes a format of numbers in one language. */
export type CreateNumberFormat = (options?: Intl.NumberFormatOptions) => (value: number) => string;

/** `tag` is that of a language, such as `en`. */
export function numberFormatsOf(tag: string): CreateNumberFormat {
  return (options) => {
    const format = new Intl.NumberFormat(tag, options);
    return (value) => format.format(value);
  };
}

/** Hook that returns the format for the person's language. Each is made once: formats are dear, and every row of a table uses one. */
export function formatHook<Format>(create: (tag: string) => Format): () => Format {
  const made = new Map<Language, Format>();
  return () => {
    const { language } = usePreferences();
    const format = made.get(language) ?? create(tags[language]);
    made.set(language, format);
    return format;
  };
}
