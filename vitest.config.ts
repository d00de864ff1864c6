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

/** Go through the store, and so run once more on PostgreSQL. */
const onBothStores = [
  'packages/server/src/{http,worker,webhooks,retention}/**/*.test.ts',
  'packages/server/src/server-clock.test.ts',
  'packages/client/src/**/*.test.ts',
  'e2e/{cli,cli-batch,cli-restart,crash,faces,finished-picture,idempotency,keys,ledger,webhooks}.test.ts',
];
/** Take long, and prove nothing of a store. */
const ofNoStore = ['packages/server/src/http/{hostile-requests,ratio-and-size,submit/split-links}.test.ts'];
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
          exclude: ofNoStore,
          isolate: false,
          globalSetup: postgresServer,
          env: { PLANTAIN_TEST_STORE: 'postgres' },
        },
      },
      ...(hasDebians ? [postgres15] : []),
    ],
  },
}));
