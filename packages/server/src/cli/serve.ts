// `plantain-server serve`: starts the server, says how to use it, and stops it on a signal.

import { isatty } from 'node:tty';
import pino from 'pino';
import { createPlantain } from '../compose.ts';
import { usesDataFolder } from '../composition/storage.ts';
import { createEmit } from '../core/events.ts';
import { createEventLog } from '../event-log.ts';
import { endOnFault } from './last-words.ts';
import { createLog, type LogOutput } from './log-output.ts';
import { printWelcome } from './welcome.ts';
import { readConfig } from './read-config.ts';
import { readArguments } from './usage.ts';
import { version } from './version.ts';

/** Ctrl-C in a terminal under npm arrives twice at once: from the terminal and, handed on, from npm. */
const sameSignalMs = 500;

export async function serveCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { values } = readArguments({ args: [...args], options: { 'accept-keys': { type: 'boolean' } } });
  const { config, sources } = readConfig(environment);
  // The reader of the output may go away (`npm start | head`); that is no reason to stop serving.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const emit = createEmit([createEventLog(await createLog(config, openStderr()))]);
  endOnFault((stack) => emit('server_fault', { error: stack }));
  const hadTerminal = hasTerminal();
  let onClosed = (): void => process.exit(1);
  process.on('SIGHUP', () => (hadTerminal && !hasTerminal() ? onClosed() : emit('hangup_ignored', {})));
  const plantain = await createPlantain(config, {
    emit,
    sources,
    acceptKeys: values['accept-keys'] === true,
    // Never into a pipe: what reads that may keep it.
    makesLink: isatty(1),
    onDeath(error) {
      emit('store_died', { error: error.message });
      console.error(
        `The database can’t be used any more, so the server stops: ${error.message}\nWhat was accepted is safe. Mend this, and start it again.`,
      );
      process.exit(1);
    },
    onWaiting({ listening, sentence }) {
      console.log(`Plantain ${version} is listening on ${listening}, and waits.\n${sentence}`);
    },
  });
  let isStopping = false;
  const by = usesDataFolder(config) ? 'at the next start' : 'by another server, or at the next start';
  onClosed = stopOnSignal(by, async () => {
    isStopping = true;
    console.log(
      `Stopping: running tasks have ${config.shutdown_grace_seconds} s to finish. Ctrl-C again stops at once.`,
    );
    await plantain.stop();
  });
  try {
    printWelcome(config, await plantain.start());
  } catch (error) {
    // A stop ends a start that waits, and then the process.
    if (isStopping) return;
    await plantain.stop();
    throw error;
  }
}

/** Writes each line before it returns, as the process may end right after. */
function openStderr(): LogOutput {
  const output = pino.destination({ dest: 2, sync: true });
  output.on('error', () => {});
  return {
    write: (line) => output.write(line),
    isTerminal: isatty(2),
    hasColours: isatty(2) && process.stderr.hasColors(),
  };
}

/** `by`: who takes up what a second signal leaves running. Gives the function that is called at each signal. */
function stopOnSignal(by: string, stop: () => Promise<void>): () => void {
  let firstAt: number | undefined;
  const onSignal = () => {
    if (firstAt !== undefined && performance.now() - firstAt < sameSignalMs) return;
    if (firstAt !== undefined) {
      console.error(`Stopped at once. Tasks that were running are taken up again ${by}.`);
      process.exit(1);
    }
    firstAt = performance.now();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error('The stop failed:', error instanceof Error ? error.message : error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  return onSignal;
}

/**
 * Whether a terminal is there; one that was closed is none any more. SIGHUP says that it was, and is then a signal to stop. Else it says to a
 * service that its log was rotated, which is nothing to a server that writes to stderr; under nohup it is to be outlived.
 */
function hasTerminal(): boolean {
  return [0, 1, 2].some(isatty);
}
