// Which settings a search finds, and how a value is written.

import type { SettingData } from '@plantain/client';

/** Every word of the search stands somewhere in the name, the variable or the explanation. */
export function matchSettings(
  settings: readonly SettingData[],
  { search, onlySet }: { search: string; onlySet: boolean },
): SettingData[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return settings.filter(({ name, variable, about, source }) => {
    if (onlySet && source === 'default') return false;
    const text = `${name} ${variable ?? ''} ${about}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** A plain value on one line, a list or an object as in the file. */
export function showValue(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : String(value);
}

/** A text with code between backquotes, in pieces: every second one is code. */
export function piecesOf(about: string): string[] {
  return about.split('`');
}
