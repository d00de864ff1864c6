// `plantain-server restore`: makes a data directory of a backup.

import { restoreBackup } from '../composition/backup/restore-backup.ts';
import { databaseFile } from '../store/sqlite/database-file.ts';
import { countOf, mebibytes } from './counted.ts';
import { createProgressLine } from './progress-line.ts';
import { readConfig } from './read-config.ts';
import { stopOnSignal } from './stop-on-signal.ts';
import { readFolderArgument } from './usage.ts';

export async function restoreCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { folder, withoutPictures } = readFolderArgument(
    args,
    'restore takes the folder of a backup, and --without-pictures.',
  );
  const { config } = readConfig(environment);
  using stop = stopOnSignal();
  const line = createProgressLine(process.stderr);
  try {
    const { records, pictures, files } = await restoreBackup(config, folder, {
      withoutPictures,
      signal: stop.signal,
      onManifest: (manifest, roots) =>
        console.error(
          `Restoring the backup of ${manifest.made_at}, made by Plantain ${manifest.plantain}, to ${roots.join(' and ')}.`,
        ),
      onFiles: (restored) =>
        line.print(
          `files: ${countOf(restored.files)} of ${countOf(restored.of)} copied and checked, ${mebibytes(restored.bytes)} MiB`,
        ),
    });
    line.end();
    const left =
      pictures === null || withoutPictures ? 'without pictures' : `${countOf(pictures.count)} pictures`;
    console.error(
      `All ${countOf(files)} files are as they were written: ${records === null ? '' : `${countOf(records.tasks)} tasks, ${countOf(records.keys)} keys, `}${left}.`,
    );
    if (records !== null) sayBeforeStart(databaseFile(config.data_dir), records.open_tasks);
  } catch (error) {
    line.end();
    if (error !== stop.signal.reason) throw error;
    console.error('Stopped: nothing was restored, and nothing is left of it.');
    process.exitCode = 130;
  }
}

function sayBeforeStart(file: string, openTasks: number): void {
  console.error(
    'For a service, give the files to its user (chown -R). Never start a server on the older directory again, or tasks are run twice.',
  );
  if (openTasks > 0)
    console.error(
      `${countOf(openTasks)} tasks waited or ran at the time of the backup: the start runs them once more, and they may be paid for twice. To have them end with a failure instead, and their reservations with them, before the start:\n` +
        `  sqlite3 '${file.replaceAll("'", `'\\''`)}' "UPDATE tasks SET deadline_at = created_at + 1 WHERE state IN ('pending', 'running')"`,
    );
}
