import type { SettingData } from '@plantain/client';

/** A setting that was not set. */
export function fixtureSetting(name: string, rest: Partial<SettingData> = {}): SettingData {
  return {
    name,
    is_hidden: false,
    source: 'default',
    set_by: null,
    variable: `PLANTAIN_${name.toUpperCase()}`,
    about: 'What it is for.',
    ...rest,
  };
}
