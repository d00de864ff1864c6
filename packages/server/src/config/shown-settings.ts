// The effective settings as an operator may see them: what is secret is left out, and each says where it came from.

import type { SettingData } from '@plantain/client';
import type { ParsedConfig } from './parse-config.ts';
import type { Setting } from './setting.ts';
import { type SettingName, settings, variableOf, variablesOf } from './settings.ts';

/** Every setting, in the order of the table. */
export function showSettings({ config, sources }: ParsedConfig): SettingData[] {
  const names = Object.keys(settings) as SettingName[];
  return names.map((name) => showSetting(name, config[name], sources[name]));
}

function showSetting(name: SettingName, value: unknown, source: string): SettingData {
  const { secret, shown, default: usual, about }: Setting = settings[name];
  const variable = variableOf(name) ?? null;
  const isHidden = secret === true && value !== undefined;
  const visible = shown === undefined ? value : shown(value as never);
  return {
    name,
    ...(isHidden || value === undefined ? {} : { value: visible }),
    ...(usual === undefined ? {} : { default: usual }),
    is_hidden: isHidden,
    source: source === 'default' ? 'default' : variablesOf(name).includes(source) ? 'environment' : 'file',
    set_by: source === 'default' ? null : source,
    variable,
    about,
  };
}
