// Everything that the doctor looks at, one after the other: nothing is changed, no task is made and no upstream is paid.

import type { ParsedConfig } from '../../config/parse-config.ts';
import { StartRefusedError } from '../../core/errors.ts';
import { checkDisk } from './check-disk.ts';
import { checkPublicUrl, checkWayIn, checkWayOut } from './check-links.ts';
import { checkClock, checkKeys, checkWebhooks } from './check-records.ts';
import { checkSettings } from './check-settings.ts';
import { checkStore, type Looked } from './check-store.ts';
import { checkUpstreams } from './check-upstreams.ts';
import { type CheckName, fault, type Finding } from './finding.ts';
import { probe } from './probe.ts';

/** Gives each finding as soon as it is known. `explain` turns what the operating system refused into a sentence. */
export async function* examine(
  parsed: ParsedConfig,
  { now, explain }: { now: () => number; explain: (error: unknown) => string },
): AsyncGenerator<Finding> {
  const { config } = parsed;
  yield* checkSettings(parsed);
  let looked: Looked = { findings: [], state: null, aheadMs: null };
  yield* await orFault('store', explain, async () => {
    looked = await checkStore(config, now);
    return looked.findings;
  });
  const declared = config.keys.length;
  const { state } = looked;
  yield* checkKeys({ ...config, declared }, state);
  yield* await orFault('disk', explain, () => checkDisk(config));
  yield* checkClock(now(), looked);
  yield* checkPublicUrl(config);
  const wayIn = await checkWayIn(config, probe);
  yield* wayIn.findings;
  yield* checkWayOut(config);
  yield* await orFault('upstreams', explain, () => checkUpstreams(config));
  yield* checkWebhooks(state, wayIn.isServed);
}

async function orFault(
  check: CheckName,
  explain: (error: unknown) => string,
  look: () => Promise<Finding[]>,
): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    return [
      fault(
        check,
        error instanceof StartRefusedError ? error.message : explain(error),
        'Mend that first: no server starts before.',
      ),
    ];
  }
}
