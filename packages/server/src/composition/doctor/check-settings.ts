// The settings, which have no fault where the doctor gets as far as this.

import { statSync } from 'node:fs';
import type { ParsedConfig } from '../../config/parse-config.ts';
import type { Setting } from '../../config/setting.ts';
import { type SettingName, settings, variablesOf } from '../../config/settings.ts';
import { advice, fault, fine, type Finding } from './finding.ts';
import { isOnlyHere } from './check-links.ts';

export function checkSettings({ config, sources }: ParsedConfig): Finding[] {
  const given = (Object.keys(settings) as SettingName[]).filter((name) => sources[name] !== 'default');
  const file = given
    .filter((name) => !variablesOf(name).includes(sources[name]))
    .map((name) => sources[name])[0];
  const from = file === undefined ? 'all from the environment' : `from the environment and ${file}`;
  const found = [
    fine('settings', given.length === 0 ? 'all are at their defaults' : `${given.length} are set, ${from}`),
  ];
  const secret = given.find((name) => sources[name] === file && mayHoldKeys(name));
  if (file !== undefined && secret !== undefined && isReadByOthers(file))
    found.push(fault('settings', `other users can read ${file}, which has ${secret}`, `chmod 600 '${file}'`));
  if (config.auth === 'open' && !isOnlyHere(config.host))
    found.push(
      advice(
        'settings',
        `auth is open: whoever reaches ${config.host} may submit tasks, spend what the upstreams cost, and see every task`,
        'Leave PLANTAIN_AUTH out, and give each program a key, unless nobody else is on this network.',
      ),
    );
  return found;
}

/** Entries of upstreams have their keys in them. */
function mayHoldKeys(name: SettingName): boolean {
  const { secret }: Setting = settings[name];
  return secret === true || name === 'upstreams';
}

/** The mode says nothing about rights on Windows. */
function isReadByOthers(file: string): boolean {
  return process.platform !== 'win32' && (statSync(file, { throwIfNoEntry: false })?.mode ?? 0) % 0o100 !== 0;
}
