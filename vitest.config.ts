import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

const tests = ['packages/*/src/**/*.test.ts', 'e2e/**/*.test.ts', 'scripts/**/*.test.ts'];
/** Need modules of their own: they put others in the place of some, or watch what modules do while they are loaded. */
const alone = [
  'packages/server/src/compose.test.ts',
  'packages/server/src/pictures/phone-pictures.test.ts',
  'scripts/expressions/expressions.test.ts',
];

const http = 'packages/server/src/http';
/**
 * Tests that depend on the store, and so run once more on PostgreSQL: some of each family of calls and of each face, and those of the worker,
 * the webhooks and the sweeps for which a store could be to blame. Tests of reading requests, writing answers and calling upstreams run on one store.
 */
const onBothStores = [
  `${http}/{any-call,submit,submit/any-input,openapi/contract,status/status-contract}.test.ts`,
  `${http}/access/{keys-and-owners,others-ids,revocation,stored-bytes}.test.ts`,
  `${http}/money/{ledger-rules,money}.test.ts`,
  `${http}/routes/{admin,sessions,usage,webhooks}/*.test.ts`,
  `${http}/routes/tasks/{events,following,status-queries,tasks}.test.ts`,
  `${http}/routes/pictures/{files,uploads}.test.ts`,
  `${http}/faces/{chat/chat,fal/fal,kit/run-task,openai/images,replicate/replicate,v1/dialects,v1/v1}.test.ts`,
  `${http}/faces/{openai/batches,gemini/interactions}/*.test.ts`,
  `${http}/faces/gemini/{files,generate,batches/batches}.test.ts`,
  'packages/server/src/worker/{cancel,execute,failover,lost-leases,operations,stopped-slots,worker}.test.ts',
  'packages/server/src/worker/{waiting-and-paying,several/*}.test.ts',
  'packages/server/src/webhooks/{deliver,revoked-key,watch-alerts}.test.ts',
  'packages/server/src/{retention/retention,server-clock}.test.ts',
  'packages/client/src/client.test.ts',
  'e2e/{cli-restart,crash,faces,finished-picture,idempotency,keys,ledger,webhooks}.test.ts',
];
/** One for all tests of a project. */
const postgresServer = 'packages/server/src/store/postgres/test-run.fixture.ts';

/** Programs of a second version, where Debian's package is installed. */
const debians = '/usr/lib/postgresql/15/bin';
const hasDebians = existsSync(join(debians, 'initdb'));
if (!hasDebians) console.log('Skipped: the store on PostgreSQL 15, which is not installed (postgresql-15).');

const postgres15: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: 'PostgreSQL 15',
    include: ['packages/server/src/store/postgres/conformance.test.ts'],
    isolate: false,
    globalSetup: postgresServer,
    env: { PLANTAIN_TEST_POSTGRES_BIN: debians },
  },
};

export default defineConfig(({ mode }) => ({
  test: {
    setupFiles: ['./vitest.setup.ts'],
    // What takes 2 s alone takes 15 on a busy machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // As patient as the tests: on a busy machine a second is nothing.
    // A loop over nothing, or a way around every `expect`, is no test that passes.
    expect: { poll: { timeout: 20_000 }, requireAssertions: true },
    // One of thousands that a machine under load breaks says little of the commit. It is named at the end, to be mended.
    retry: process.env['CI'] === undefined ? 0 : 1,
    reporters: ['default', './scripts/second-tries.ts'],
    // Many tests wait for other processes: on two cores, two files at once leave half of the processor idle.
    maxWorkers: Math.max(3, availableParallelism()),
    // A young generation of 16 MB, which is usual, is collected so often that it takes a tenth of the processor time.
    execArgv: ['--max-semi-space-size=64'],
    // The threads of each server load their modules from it: without, they strip the types from all of them each time.
    env: {
      NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules', '.cache', 'compiled-for-tests'),
      // `npm run chaos`: e2e/test-size.fixture.ts.
      ...(mode === 'chaos' && { PLANTAIN_TEST_SIZE: 'whole' }),
    },
    projects: [
      // A process that has loaded the server takes the next file too: to load it for each took as long as the tests.
      {
        extends: true,
        test: {
          name: 'together',
          include: tests,
          exclude: alone,
          isolate: false,
          globalSetup: postgresServer,
        },
      },
      { extends: true, test: { name: 'alone', include: alone } },
      {
        extends: true,
        test: {
          name: 'PostgreSQL',
          include: onBothStores,
          isolate: false,
          globalSetup: postgresServer,
          env: { PLANTAIN_TEST_STORE: 'postgres' },
        },
      },
      ...(hasDebians ? [postgres15] : []),
    ],
  },
}));
