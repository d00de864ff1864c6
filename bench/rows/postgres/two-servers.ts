// Two servers on a database against one on another: submits, queries and whole tasks. Each has a core of its own where the machine has
// four; else a part of one, so that PostgreSQL and the load have the rest; else nothing is claimed. The three are there all the time.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createBenchClient } from '../../client.ts';
import { startInstantUpstream } from '../../instant-upstream.ts';
import {
  interleave,
  loadAll,
  type Loaded,
  type Measured,
  median,
  meterOf,
  pinToLoadCore,
  secondServerCore,
  serverCore,
  startPlantain,
} from '../../processes.ts';
import { key, writeIds } from '../../seed.ts';
import { createShareOfCore } from '../../share-of-core.ts';
import { describeRates, measureRate, runOne, smallPicture, type TaskRate } from '../../task-rate.ts';
import { describeCores, nameRow, rateRow, type Row } from '../row.ts';
import { type MeasurePostgres, type PostgresRowOptions, settingsAt } from './row.ts';
import { sayProgress } from '../progress.ts';

const least = 1.6;
/** Of a core, for each of two servers where they have none of their own. */
const share = 0.25;
const atOnce = 16;
const ids = 200;

interface Servers {
  one: readonly [Measured];
  two: readonly [Measured, Measured];
  /** Part of a core that each has, for a sentence. */
  place: string;
  /** Whether that is as much as the claim needs. */
  isRoom: boolean;
}

export const measureTwoServers: MeasurePostgres = async (options) => {
  pinToLoadCore();
  mkdirSync(options.directory);
  /** Whether the upstream keeps its callers waiting. */
  let isHolding = false;
  const upstream = await startInstantUpstream(await smallPicture(), () => isHolding);
  const { servers, end } = await startServers(options, {
    PLANTAIN_CONCURRENCY: String(atOnce),
    PLANTAIN_MAX_PENDING: '10000000',
    GEMINI_API_KEY: 'bench',
    GEMINI_BASE_URL: upstream.url,
  });
  try {
    const tasks = await measureTasks(options, servers);
    const queries = await measureLoad(options, servers, {
      what: 'queries of ended tasks',
      script: 'query.lua',
    });
    // Last, since what is submitted stays in the queue: of the tasks only the first get to the upstream.
    isHolding = true;
    const submits = await measureLoad(options, servers, { what: 'durable submits', script: 'submit.lua' });
    return [tasks, queries, submits];
  } finally {
    await end();
    upstream.close();
  }
};

async function startServers({ directory, postgres }: PostgresRowOptions, common: Record<string, string>) {
  const ends: (() => Promise<void>)[] = [];
  let shares = 0;
  async function startOn(url: string, name: string, core: string): Promise<Measured> {
    const own = { PLANTAIN_DATA_DIR: join(directory, name) };
    const server = await startPlantain({ ...settingsAt(directory, url), ...own, ...common }, core);
    ends.push(server.end);
    const part = secondServerCore === null ? createShareOfCore(name, share) : null;
    if (part === null) return server;
    shares += 1;
    part.add(server.pid);
    ends.push(part.remove);
    return server;
  }
  const [alone, shared] = [await postgres.createDatabase(), await postgres.createDatabase()];
  const one: Servers['one'] = [await startOn(alone, 'alone', serverCore)];
  const two: Servers['two'] = [
    await startOn(shared, 'first', serverCore),
    await startOn(shared, 'second', secondServerCore ?? serverCore),
  ];
  const isRoom = secondServerCore !== null || shares === 3;
  const parts = isRoom ? `${share * 100} % of a core each` : 'one core together';
  const place = secondServerCore === null ? parts : 'a core each';
  const servers: Servers = { one, two, place, isRoom };
  return {
    servers,
    async end() {
      for (const each of ends) await each();
    },
  };
}

/** Runs some tasks, and writes their ids to a file. */
async function makeEnded({ url }: Measured, directory: string): Promise<string> {
  const client = createBenchClient(url);
  const made: string[] = [];
  while (made.length < ids)
    made.push(...(await Promise.all(Array.from({ length: atOnce }, () => runOne(client)))));
  return writeIds(directory, made);
}

async function measureLoad(
  { directory, rounds, seconds, postgres }: PostgresRowOptions,
  { one, two, place, isRoom }: Servers,
  { what, script }: { what: string; script: 'query.lua' | 'submit.lua' },
): Promise<Row> {
  const on = async (servers: readonly [Measured, ...Measured[]], name: string): Promise<Loaded> => {
    const args = script === 'submit.lua' ? [key] : [await makeEnded(servers[0], join(directory, name)), key];
    const urls = servers.map(({ url }) => url);
    return {
      server: metersOf(servers),
      postgres: postgres.processorMs,
      load: () => loadAll(urls, seconds, script, ...args),
    };
  };
  const result = await interleave(rounds, await on(two, 'two'), await on(one, 'one'));
  const make = isRoom ? rateRow : nameRow;
  const row = make(`${what} of two servers, ${place}`, 'one alone', result, least);
  return {
    ...row,
    measured: `${row.measured}; ${describeCores(result.subject)}`,
    limit: `${row.limit}; ${describeCores(result.limit)}`,
  };
}

async function measureTasks(
  { rounds, seconds, postgres }: PostgresRowOptions,
  { one, two, place, isRoom }: Servers,
): Promise<Row> {
  const on = (servers: readonly Measured[]) => {
    const clients = servers.map(({ url }) => createBenchClient(url));
    return measureRate({
      clients,
      atOnce,
      seconds,
      server: metersOf(servers),
      postgres: postgres.processorMs,
    });
  };
  const pairs: { two: TaskRate; one: TaskRate }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    pairs.push({ two: await on(two), one: await on(one) });
    sayProgress(`round ${round} of ${rounds}`);
  }
  pairs.shift();
  const ratio = median(pairs.map((pair) => pair.two.perSecond / pair.one.perSecond));
  return {
    what: `whole tasks of two servers, ${place}`,
    measured: describeRates(pairs.map((pair) => pair.two)),
    limit: `${describeRates(pairs.map((pair) => pair.one))} (one alone)`,
    figure: ratio.toFixed(2),
    claim: isRoom ? `>= ${least}` : '-',
    holds: !isRoom || ratio >= least,
  };
}

const metersOf = (servers: readonly Measured[]) => {
  const meters = servers.map(meterOf);
  return () => meters.reduce((sum, meter) => sum + meter(), 0);
};
