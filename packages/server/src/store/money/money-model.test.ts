// Money under everything that happens to it at random: the balance is always the sum of the entries, nothing is charged twice, no submit exceeds
// a budget, and when all tasks have ended nothing is reserved.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, asyncProperty } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMissing } from '../../../../../e2e/needed-tool.fixture.ts';
import { ofTestSize } from '../../../../../e2e/test-size.fixture.ts';
import { command, createDatabase, postgresUrl } from '../postgres/database/store.fixture.ts';
import { performStep } from './perform-step.fixture.ts';
import { steps } from './steps.fixture.ts';
import { type Backend, World } from './world.fixture.ts';

const size = ofTestSize(
  { numRuns: 40, length: 60, timeMs: 240_000 },
  { numRuns: 4, length: 30, timeMs: 3_000 },
);

interface Opened extends Backend {
  cleanUp(): void | Promise<void>;
}

function openSqlite(): Opened {
  const directory = mkdtempSync(join(tmpdir(), 'plantain-money-'));
  return { place: { directory }, count: 1, cleanUp: () => rmSync(directory, { recursive: true }) };
}

async function openPostgres(): Promise<Opened> {
  const { url, drop } = await createDatabase();
  const server = postgresUrl() ?? '';
  const name = new URL(url).pathname.slice(1);
  const cut = async () => {
    await command(server, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
  };
  return { place: { url }, count: 2, cut, cleanUp: drop };
}

/** Gives the number of runs; throws where one went wrong. */
async function runAll(
  open: () => Opened | Promise<Opened>,
  disturbances: readonly ('kill' | 'cut')[],
): Promise<number> {
  let runs = 0;
  const until = performance.now() + size.timeMs;
  const property = asyncProperty(steps(disturbances, size.length), async (list) => {
    if (performance.now() > until) return;
    const backend = await open();
    const world = await World.open(backend);
    try {
      for (const step of list) await performStep(world, step);
      await world.end();
      runs += 1;
    } finally {
      await world.close();
      await backend.cleanUp();
    }
  });
  await assert(property, { numRuns: size.numRuns });
  return runs;
}

describe('money at random', { timeout: 2 * size.timeMs + 60_000 }, () => {
  test('is right on SQLite, whose process is killed', async () => {
    expect(await runAll(openSqlite, ['kill'])).toBeGreaterThan(0);
  });

  test.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))(
    'is right on PostgreSQL, with two processes of which one is killed, and all are cut off',
    async () => {
      expect(await runAll(openPostgres, ['kill', 'cut'])).toBeGreaterThan(0);
    },
  );
});
