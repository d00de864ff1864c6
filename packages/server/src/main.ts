// Entry of the process: arguments, environment and exit. Each command is a file in cli/.

import { ConfigError } from './config/parse-config.ts';
import { lastWords } from './cli/last-words.ts';
import { explainSystemError, isSystemError } from './cli/system-words.ts';
import { UsageError } from './cli/usage.ts';
import { version } from './cli/version.ts';
import { DamagedStoreError, StartRefusedError } from './core/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const help = `Usage: plantain-server [command]

  serve [--accept-keys]
                       start the server (the default); with --accept-keys also where the settings declare other keys
                       or owners than at the last start
  keys create --name NAME [--admin] [--expires-in-days N] [FLAGS]
                       make an API key and print it, once; flags: --owner ID, --scopes, --models and --networks (with
                       commas between several), --priority-max N, --limit NAME=N, --budget PERIOD:MICRO_USD[:TIME_ZONE]
  keys list            print the keys, without their secrets
  keys show ID         print all of a key but its secret
  keys set ID [FLAGS]  change a key by the flags of create; none takes away what was set
  keys roll ID [--overlap-seconds N]
                       give a key a new secret and print it, once; the one before works for so long
  keys link ID         print a link that signs in to the console once with the key
  keys revoke ID       end a key at once
  owners create --name NAME [--weight N] [--shared true] [--limit NAME=N] [--budget PERIOD:MICRO_USD[:TIME_ZONE]]
                       make an owner of keys and print its id
  owners list | show ID | set ID [FLAGS] | delete ID
                       print owners, change one, or delete one with its keys, tasks and pictures
  migrate-data --from PLACE --to PLACE [--pictures-from PLACE] [--pictures-to PLACE]
                       move all records from a data directory to PostgreSQL (postgres://…), or back, while no server
                       works on either; pictures to or from a folder, or s3
  backup FOLDER [--without-pictures]
                       copy records and pictures into a new folder, while the server works
  restore FOLDER [--without-pictures]
                       make the data directory of the settings from a backup; it must be missing or empty
  audit [--act ACT] [--who WHO] [--subject ID] [--from DAY] [--to DAY] [--limit N]
                       print the audit log, newest first: who did what, and when
  ledger verify        compare every balance and task with the entries of the ledger; exit code 1 where one differs
  ledger list [--owner ID] [--key ID] [--task ID] [--after NUMBER] [--limit N]
                       print entries of the ledger, oldest first
  ledger adjust (--owner ID | --key ID) --micro-usd=±N --reason TEXT
                       enter a charge, or with a minus a credit, by hand
  links rotate         change the secret that signs links; links given out go on to work
  upstreams check      ask every upstream, with every key, whether it works, and print what it said
  doctor [--json] [--try-webhooks]
                       look at settings, records, disk, clock, links, proxies, upstreams, traces and webhooks, and say
                       what is to be mended; exit code 1 where something is; --try-webhooks sends each endpoint of
                       webhooks a test message
  config               print the effective settings and where each came from
  help, version

Settings come from the environment (PLANTAIN_*) and from the file that PLANTAIN_CONFIG names, or plantain.yaml
in the working directory; docs/settings.md lists them.`;

/**
 * Runs one command, and loads only the code that it needs. A fault that the user can mend gives one message on stderr and exit code 1, or
 * 2 where the arguments are wrong.
 */
export async function main(args: readonly string[], environment: Environment): Promise<void> {
  const [command = 'serve', ...rest] = args;
  // Files of this process hold prompts, links and keys' hashes: for its own user only.
  process.umask(0o077);
  if (!startsServer(command)) endWithReaders();
  try {
    await run(command, rest, environment);
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\n\n${help}`);
      process.exitCode = 2;
    } else if (isSystemError(error)) endWith(explainSystemError(error));
    else if (isMendable(error)) endWith(error.message);
    else endWith(`Plantain ends by a fault of its own: ${lastWords(error)}`);
  }
}

async function run(command: string, rest: readonly string[], environment: Environment): Promise<void> {
  switch (command) {
    case '--accept-keys':
      return (await import('./cli/serve.ts')).serveCommand([command, ...rest], environment);
    case 'serve':
      return (await import('./cli/serve.ts')).serveCommand(rest, environment);
    case 'keys':
      return (await import('./cli/keys.ts')).keysCommand(rest, environment);
    case 'audit':
      return (await import('./cli/audit.ts')).auditCommand(rest, environment);
    case 'ledger':
      return (await import('./cli/ledger.ts')).ledgerCommand(rest, environment);
    case 'owners':
      return (await import('./cli/owners.ts')).ownersCommand(rest, environment);
    case 'links':
      return (await import('./cli/links.ts')).linksCommand(rest, environment);
    case 'migrate-data':
      return (await import('./cli/migrate-data.ts')).migrateDataCommand(rest, environment);
    case 'backup':
      return (await import('./cli/backup.ts')).backupCommand(rest, environment);
    case 'restore':
      return (await import('./cli/restore.ts')).restoreCommand(rest, environment);
    case 'upstreams':
      return (await import('./cli/upstreams.ts')).upstreamsCommand(rest, environment);
    case 'doctor':
      return (await import('./cli/doctor.ts')).doctorCommand(rest, environment);
    case 'config':
      return (await import('./cli/config.ts')).configCommand(rest, environment);
    case 'version':
    case '--version':
      return console.log(version);
    case 'help':
    case '--help':
    case '-h':
      return console.log(help);
    default:
      throw new UsageError(`There is no command ${JSON.stringify(command)}.`);
  }
}

const startsServer = (command: string): boolean => command === 'serve' || command === '--accept-keys';

/** Ends a command quietly whose reader has what it wanted (`keys list | head`). One whose words nobody reads goes on. */
function endWithReaders(): void {
  process.stdout.on('error', () => process.exit());
  process.stderr.on('error', () => {});
}

/** Prints a message and exits at once, as a store that is open already would keep the process alive. */
function endWith(words: string): void {
  console.error(words);
  process.exit(1);
}

function isMendable(error: unknown): error is Error {
  return [ConfigError, StartRefusedError, DamagedStoreError].some((kind) => error instanceof kind);
}
