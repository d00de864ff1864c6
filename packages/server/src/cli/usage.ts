// A command line that can't be understood.

import { parseArgs, type ParseArgsConfig } from 'node:util';

export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

export function readArguments<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** Reads the arguments of a backup or a restore: a folder and `--without-pictures`. Throws `UsageError` with `usage` for anything but one folder. */
export function readFolderArgument(
  args: readonly string[],
  usage: string,
): { folder: string; withoutPictures: boolean } {
  const { values, positionals } = readArguments({
    args: [...args],
    allowPositionals: true,
    options: { 'without-pictures': { type: 'boolean' } },
  });
  const [folder = '', ...others] = positionals;
  if (folder === '' || others.length > 0) throw new UsageError(usage);
  return { folder, withoutPictures: values['without-pictures'] === true };
}
