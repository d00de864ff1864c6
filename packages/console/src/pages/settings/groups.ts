// Groups of settings on the page. The server has one long table, and a newer one may have settings that are not known
// here: they stand in the last group.

import type { SettingData } from '@plantain/client';
import { explanationsZh } from './explanations-zh.ts';

export type GroupName = keyof typeof explanationsZh | 'other';

export interface SettingGroup {
  name: GroupName;
  settings: readonly SettingData[];
}

const groupOf: ReadonlyMap<string, GroupName> = new Map(
  Object.entries(explanationsZh).flatMap(([group, texts]) =>
    Object.keys(texts).map((name) => [name, group as GroupName] as const),
  ),
);

export function groupSettings(settings: readonly SettingData[]): SettingGroup[] {
  const names = [...(Object.keys(explanationsZh) as GroupName[]), 'other' as const];
  return names
    .map((name) => ({
      name,
      settings: settings.filter((each) => (groupOf.get(each.name) ?? 'other') === name),
    }))
    .filter((group) => group.settings.length > 0);
}
