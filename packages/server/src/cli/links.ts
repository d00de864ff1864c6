// `plantain-server links rotate`: works on the data directory or the database; a running server on
// a data directory goes on with the secret that it started with.

import { auditEntry } from '../core/audit/audit.ts';
import { openAudit, rotateLinkSecret } from '../composition/commands.ts';
import { actByCommand } from './act-by-command.ts';
import { readConfig } from './read-config.ts';
import { readArguments, UsageError } from './usage.ts';

export async function linksCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const [action, ...rest] = args;
  if (action !== 'rotate') throw new UsageError('links takes rotate.');
  readArguments({ args: rest, options: {} });
  const { config } = readConfig(environment);
  const store = await openAudit(config);
  try {
    // Before the act, which can't be undone where the entry can't be stored.
    await store.appendAudit(auditEntry(actByCommand('links.rotate'), null, null, null));
  } finally {
    await store.close();
  }
  await rotateLinkSecret(config);
  console.error(
    `The secret that signs links was changed. ${
      config.database_url === undefined
        ? 'From its next start the server signs with the new one'
        : 'The servers sign with the new one within ten seconds'
    }; links signed with the one before work until they expire, or until the next rotation.`,
  );
}
