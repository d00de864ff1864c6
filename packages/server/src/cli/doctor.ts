// `plantain-server doctor`: looks at the settings, the records, the machine and the ways in and out, and says of each what is to be mended.

import { examine } from '../composition/doctor/examine.ts';
import { fault, type Finding } from '../composition/doctor/finding.ts';
import { ConfigError } from '../config/parse-config.ts';
import { lastWords } from './last-words.ts';
import { readConfig } from './read-config.ts';
import { explainSystemError, isSystemError } from './system-words.ts';
import { readArguments } from './usage.ts';

/** Exit code 1 where something is to be mended; advice alone is none. */
export async function doctorCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { values } = readArguments({
    args: [...args],
    options: { json: { type: 'boolean' }, 'try-webhooks': { type: 'boolean' } },
  });
  const found: Finding[] = [];
  for await (const finding of findingsOf(environment, values['try-webhooks'] === true)) {
    found.push(finding);
    if (values.json !== true) print(finding);
  }
  const faults = found.filter(({ state }) => state === 'mend').length;
  if (values.json === true) console.log(JSON.stringify({ healthy: faults === 0, findings: found }, null, 2));
  else console.log(faults === 0 ? 'Nothing is to be mended.' : `${faults} to be mended.`);
  if (faults > 0) process.exitCode = 1;
}

async function* findingsOf(
  environment: Readonly<Record<string, string | undefined>>,
  triesWebhooks: boolean,
): AsyncGenerator<Finding> {
  let parsed;
  try {
    parsed = readConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const sentence of error.faults)
      yield fault(
        'settings',
        sentence,
        'Mend it; docs/settings.md has every setting. All else is looked at after that.',
      );
    return;
  }
  yield* examine(parsed, { now: Date.now, explain, triesWebhooks });
}

const explain = (error: unknown): string =>
  isSystemError(error) ? explainSystemError(error) : lastWords(error);

function print({ state, check, says, mend }: Finding): void {
  console.log(
    `${state.padEnd(7)} ${check.padEnd(10)} ${says}${/[.!?]$/.test(says) ? '' : '.'}${mend === null ? '' : ` ${mend}`}`,
  );
}
