// `plantain-server config`: the effective settings, secrets hidden or by their labels, and where each came from.

import { type Setting, type SettingName, settings } from '../config/settings.ts';
import { readConfig } from './read-config.ts';
import { readArguments } from './usage.ts';

export function configCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): void {
  readArguments({ args: [...args], options: {} });
  const { config, sources } = readConfig(environment);
  const rows = (Object.keys(settings) as SettingName[]).map((name) => [
    name,
    show(name, config[name]),
    sources[name],
  ]);
  // One long value is not to push every source out of sight.
  const widths = [0, 1].map((column) =>
    Math.min(60, Math.max(...rows.map((row) => row[column]?.length ?? 0))),
  );
  for (const [name = '', value = '', source = ''] of rows)
    console.log(`${name.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${source}`);
}

function show(name: SettingName, value: unknown): string {
  if (value === undefined) return '-';
  const { secret, shown }: Setting = settings[name];
  return secret === true ? '(hidden)' : JSON.stringify(shown === undefined ? value : shown(value as never));
}
