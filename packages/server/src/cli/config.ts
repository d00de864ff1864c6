// `plantain-server config`: the effective settings, secrets hidden or by their labels, and where each came from.

import { showSettings } from '../config/shown-settings.ts';
import { readConfig } from './read-config.ts';
import { readArguments } from './usage.ts';

export function configCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): void {
  readArguments({ args: [...args], options: {} });
  const rows = showSettings(readConfig(environment)).map(
    ({ name, value, is_hidden: isHidden, set_by: by }) => [
      name,
      isHidden ? '(hidden)' : value === undefined ? '-' : JSON.stringify(value),
      by ?? 'default',
    ],
  );
  // One long value is not to push every source out of sight.
  const widths = [0, 1].map((column) =>
    Math.min(60, Math.max(...rows.map((row) => row[column]?.length ?? 0))),
  );
  for (const [name = '', value = '', source = ''] of rows)
    console.log(`${name.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${source}`);
}
