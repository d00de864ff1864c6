// Which settings a search finds.

import type { SettingData } from '@plantain/client';

/**
 * Every word of the search stands somewhere in the name, the variable, or an explanation: the English one, and that which `explain`
 * gives, which the person reads.
 */
export function matchSettings(
  settings: readonly SettingData[],
  {
    search,
    onlySet,
    explain,
  }: { search: string; onlySet: boolean; explain: (setting: SettingData) => string },
): SettingData[] {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return settings.filter((setting) => {
    const { name, variable, about, source } = setting;
    if (onlySet && source === 'default') return false;
    const text = `${name} ${variable ?? ''} ${about} ${explain(setting)}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
