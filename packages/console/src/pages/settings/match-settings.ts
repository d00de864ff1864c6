// Search for settings.

import type { SettingData } from '@plantain/client';
import { hasWords } from '../../parts/form/has-words.ts';

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
  return settings.filter((setting) => {
    const { name, variable, about, source } = setting;
    if (onlySet && source === 'default') return false;
    return hasWords(`${name} ${variable ?? ''} ${about} ${explain(setting)}`, search);
  });
}
