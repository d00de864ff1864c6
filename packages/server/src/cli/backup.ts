// `plantain-server backup`: copies the records and the pictures of a server into a folder, beside the server at its work.

import { resolve, sep } from 'node:path';
import { type Backup, makeBackup } from '../composition/backup/make-backup.ts';
import { placeOf } from '../composition/commands.ts';
import type { Config } from '../config/settings.ts';
import { StartRefusedError } from '../core/errors.ts';
import { countOf, mebibytes } from './counted.ts';
import { createProgressLine } from './progress-line.ts';
import { readConfig } from './read-config.ts';
import { stopOnSignal } from './stop-on-signal.ts';
import { explainSystemError, isSystemError } from './system-words.ts';
import { readFolderArgument } from './usage.ts';
import { version } from './version.ts';

export async function backupCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { folder, withoutPictures } = readFolderArgument(
    args,
    'backup takes the folder that it makes, and --without-pictures.',
  );
  const { config } = readConfig(environment);
  using stop = stopOnSignal();
  const line = createProgressLine(process.stderr);
  console.error(`Backing up ${placeOf(config)} to ${folder}.`);
  sayOfDatabase(config);
  try {
    const backup = await makeBackup(config, folder, {
      version,
      withoutPictures,
      signal: stop.signal,
      onPages: ({ pages, of }) => line.print(`database: ${countOf(pages)} of ${countOf(of)} pages copied`),
      onRecords(records) {
        line.end();
        if (records !== null)
          console.error(
            `database: copied and checked, ${countOf(records.tasks)} tasks, ${countOf(records.open_tasks)} of which wait or run, ${countOf(records.keys)} keys`,
          );
      },
      onPictures: line.showPictures,
    });
    line.end();
    sayEnd(config, folder, backup, withoutPictures);
  } catch (error) {
    line.end();
    // Of the folder that is written, and not of the one that is read.
    if (isSystemError(error) && `${error.path}${sep}`.startsWith(`${resolve(folder)}${sep}`))
      throw new StartRefusedError(explainSystemError(error, 'another folder for the backup'));
    if (error !== stop.signal.reason) throw error;
    console.error('Stopped: nothing was backed up, and nothing is left of it.');
    process.exitCode = 130;
  }
}

function sayOfDatabase({ database_url: url }: Config): void {
  if (url === undefined) return;
  console.error(
    'The records lie in PostgreSQL, with the secrets of links, and are not copied here. Dump them before the pictures, so that every picture that they name is there, and for nobody else to read:\n' +
      '  umask 077; pg_dump --format=custom --file=plantain.dump DATABASE    (restored by pg_restore; with the settings’ address of the database)',
  );
}

function sayEnd(config: Config, folder: string, { manifest, gone }: Backup, withoutPictures: boolean): void {
  const { files, bytes, pictures } = manifest;
  if (pictures !== null)
    console.error(`pictures: ${countOf(pictures.count)} copied, ${mebibytes(pictures.bytes)} MiB`);
  if (gone > 0) console.error(`pictures: ${countOf(gone)} were deleted meanwhile, and are not in the backup`);
  if (!withoutPictures && config.picture_store === 's3')
    console.error(
      `Pictures lie in the bucket ${config.s3_bucket ?? ''} and were not copied: copy them now, after the database, with the bucket’s own tools.`,
    );
  console.error(
    `The backup is whole: ${countOf(files)} files, ${mebibytes(bytes)} MiB in ${folder}. "plantain-server restore ${folder}" restores it. ` +
      'The settings are not in it (plantain.yaml and the environment): keep them apart, as they hold keys.',
  );
}
