// Everything that the doctor looks at, one after the other: nothing is changed, no task is made and no upstream is paid. Receivers of
// webhooks are called only where that is asked for.

import type { ParsedConfig } from '../../config/parse-config.ts';
import { StartRefusedError } from '../../core/errors.ts';
import { checkDisk } from './check-disk.ts';
import { checkPublicUrl, checkWayIn, checkWayOut } from './check-links.ts';
import { checkClock, checkKeys } from './check-records.ts';
import { checkSettings } from './check-settings.ts';
import { checkStore, type Endpoints, findEndpoints, type Looked, unusable } from './check-store.ts';
import { checkTraces } from './check-traces.ts';
import { checkUpstreams } from './check-upstreams.ts';
import { checkWebhooks, createTestPost, tryWebhooks } from './check-webhooks.ts';
import { advice, type CheckName, fault, type Finding } from './finding.ts';
import { probe } from './probe.ts';

export interface ExamineOptions {
  now: () => number;
  /** Turns what the operating system refused into a sentence. */
  explain: (error: unknown) => string;
  /** Whether each endpoint of webhooks is sent a test message. */
  triesWebhooks: boolean;
}

/** Gives each finding as soon as it is known. */
export async function* examine(
  parsed: ParsedConfig,
  { now, explain, triesWebhooks }: ExamineOptions,
): AsyncGenerator<Finding> {
  const { config } = parsed;
  yield* checkSettings(parsed);
  let looked: Looked = { findings: [], state: null, unread: unusable, aheadMs: null };
  yield* await orFault('store', explain, async () => {
    looked = await checkStore(config, now);
    return looked.findings;
  });
  const declared = config.keys.length;
  const { state, unread } = looked;
  yield* unread === undefined ? checkKeys({ ...config, declared }, state) : notLookedAt('keys', unread);
  yield* await orFault('disk', explain, () => checkDisk(config));
  yield* checkClock(now(), looked);
  yield* checkPublicUrl(config);
  const wayIn = await checkWayIn(config, probe);
  yield* wayIn.findings;
  yield* checkWayOut(config);
  yield* await orFault('upstreams', explain, () => checkUpstreams(config));
  yield* await orFault('traces', explain, () => checkTraces(config));
  yield* unread === undefined ? checkWebhooks(state, wayIn.isServed) : notLookedAt('webhooks', unread);
  if (!triesWebhooks || state === null) return;
  const found: Endpoints[] = [];
  yield* await orFault('webhooks', explain, async () => {
    found.push(await findEndpoints(config, now()));
    return [];
  });
  for (const endpoints of found) yield* tryWebhooks(endpoints, { post: createTestPost(config), now });
}

const notLookedAt = (check: CheckName, unread: string): Finding[] => [
  advice(check, `were not looked at: ${unread}`, 'Mend or start that first, and look again.'),
];

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
        'Mend that first: no server works before.',
      ),
    ];
  }
}
