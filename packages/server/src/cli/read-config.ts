// Finds the settings file and parses it together with the environment.

import { existsSync, readFileSync } from 'node:fs';
import { ConfigError, parseConfig, type ParsedConfig } from '../config/parse-config.ts';

const defaultFile = 'plantain.yaml';

/** Throws `ConfigError`, also when the file that PLANTAIN_CONFIG names can't be read. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): ParsedConfig {
  const named = environment['PLANTAIN_CONFIG'] ?? '';
  const name = named === '' ? defaultFile : named;
  if (named === '' && !existsSync(name)) return parseConfig(environment);
  try {
    return parseConfig(environment, { name, text: readFileSync(name, 'utf8') });
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const by = named === '' ? '' : ', which PLANTAIN_CONFIG names,';
    throw new ConfigError([`${name}${by} can't be read: ${reasonOf(error)}`]);
  }
}

function reasonOf(error: unknown): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return (
    {
      ENOENT: 'there is no such file',
      EACCES: 'this user may not read it',
      EISDIR: 'it is a folder',
      ENOTDIR: 'a part of the path is a file',
    }[code] ?? message
  );
}
