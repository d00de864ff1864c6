// How long an accepted task waits until its upstream is called, on servers that have nothing else to do: from the moment that the client has
// the answer until the call comes in at an upstream in the same process. One server does all, or one accepts and another one calls.

import { join } from 'node:path';
import { createBenchClient } from '../../client.ts';
import { startInstantUpstream } from '../../instant-upstream.ts';
import { allCores, type Measured, quantile, startPlantain } from '../../processes.ts';
import { smallPicture } from '../../task-rate.ts';
import type { Row } from '../row.ts';
import { type MeasurePostgres, type PostgresRowOptions, settingsAt } from './row.ts';
import { sayProgress } from '../progress.ts';

const mostMs = 15;
const warmUp = 50;

export const measurePostgresPickUp: MeasurePostgres = async (options) => [
  toRow('accepted to upstream called, one idle server', await measure(options, ['all'])),
  toRow(
    'accepted at an idle api, upstream called by an idle worker',
    await measure(options, ['api', 'worker']),
  ),
];

/** Gives the waits; tasks are submitted to the first of the servers. */
async function measure(
  { directory, quick, postgres }: PostgresRowOptions,
  roles: readonly string[],
): Promise<number[]> {
  const url = await postgres.createDatabase();
  let called = Promise.withResolvers<number>();
  const upstream = await startInstantUpstream(await smallPicture(), () => {
    called.resolve(performance.now());
    return false;
  });
  const servers: Measured[] = [];
  const waits: number[] = [];
  try {
    for (const role of roles) {
      const own = { PLANTAIN_ROLE: role, PLANTAIN_DATA_DIR: join(directory, role) };
      const keys = { GEMINI_API_KEY: 'bench', GEMINI_BASE_URL: upstream.url };
      servers.push(await startPlantain({ ...settingsAt(directory, url), ...own, ...keys }, allCores));
    }
    const client = createBenchClient(servers[0]?.url ?? '');
    for (let task = 0; task < warmUp + (quick ? 200 : 1_000); task += 1) {
      called = Promise.withResolvers();
      const id = await client.submit({ prompt: 'a banana' });
      const acceptedAt = performance.now();
      const waited = (await called.promise) - acceptedAt;
      if (task >= warmUp) waits.push(waited);
      await client.waitForEnd(id);
      sayProgress(`${task + 1} tasks of ${roles.join(' and ')} have ended`);
    }
  } finally {
    for (const server of servers) await server.end();
    upstream.close();
  }
  return waits;
}

function toRow(what: string, waits: readonly number[]): Row {
  const [p50, p99] = [quantile(waits, 0.5), quantile(waits, 0.99)];
  return {
    what,
    measured: `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
    limit: '-',
    figure: `${p99.toFixed(2)} ms`,
    claim: `p99 <= ${mostMs} ms`,
    holds: p99 <= mostMs,
  };
}
