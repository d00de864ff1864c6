// Every step of the building, and of the start, is made to fail in turn: what had begun must end, and the failure must be told.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseConfig } from './config/parse-config.ts';
import { lockDirectory } from './store/sqlite/directory-lock.ts';

const builders = [
  'compose',
  ...['storage', 'upstreams', 'tasks', 'background', 'worker', 'app'].map((part) => `composition/${part}`),
];
/** Modules of the server that these files import values of, by the path that a file beside this one imports. */
const modules = new Set(
  builders.flatMap((name) =>
    [
      ...readFileSync(join(import.meta.dirname, `${name}.ts`), 'utf8').matchAll(
        /^import \{[^;]*\} from '(\.\.?\/[^']+)';$/gm,
      ),
    ]
      .map(([, path = '']) => `./${posix.join(dirname(name), path)}`)
      .filter((path) => !path.startsWith('./lib/')),
  ),
);
for (const path of modules) vi.doMock(path, { spy: true });
const threads = new Set<Worker>();
vi.doMock('node:worker_threads', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:worker_threads')>();
  class Counted extends original.Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      threads.add(this);
      this.once('exit', () => threads.delete(this));
    }
  }
  return { ...original, Worker: Counted };
});
const { createPlantain } = await import('./compose.ts');

/** The functions of those modules, by their names. */
const steps = new Map<string, ReturnType<typeof vi.fn>>();
for (const path of modules)
  for (const [name, value] of Object.entries((await import(path)) as Record<string, unknown>))
    if (vi.isMockFunction(value)) steps.set(name, value as ReturnType<typeof vi.fn>);

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'plantain-compose-'));
});
afterEach(() => {
  vi.clearAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

function build(settings: Record<string, string> = {}) {
  const { config, sources } = parseConfig({
    PLANTAIN_PORT: '0',
    PLANTAIN_DATA_DIR: directory,
    PLANTAIN_SHUTDOWN_GRACE_SECONDS: '0',
    ...settings,
  });
  const quiet = () => {};
  return createPlantain(config, {
    sources,
    emit: quiet,
    onDeath(error) {
      throw error;
    },
  });
}

async function expectNothingLeft(): Promise<void> {
  lockDirectory(directory).release();
  await expect.poll(() => threads.size).toBe(0);
  await expect.poll(() => process.getActiveResourcesInfo()).not.toContain('TCPServerWrap');
}

const called = () => [...steps].flatMap(([name, step]) => (step.mock.calls.length > 0 ? [name] : []));

test('a build that fails at whichever step leaves no lock and no thread, and says why', async () => {
  await (await build()).stop();
  const all = called();
  expect(all.length).toBeGreaterThan(35);
  await expectNothingLeft();
  for (const name of all) {
    steps.get(name)?.mockImplementationOnce(() => {
      throw new Error(`no ${name} today`);
    });
    await expect(build(), name).rejects.toThrow(`no ${name} today`);
    await expectNothingLeft();
  }
}, 300_000);

test.each(['provideAdminKey', 'startBackground', 'isUsable', 'describeUpstreams'])(
  'a start that fails in %s ends with its stop',
  async (name) => {
    const plantain = await build();
    steps.get(name)?.mockImplementation(() => {
      throw new Error(`no ${name} today`);
    });
    await expect(plantain.start(), name).rejects.toThrow(`no ${name} today`);
    steps.get(name)?.mockRestore();
    await plantain.stop();
    await expectNothingLeft();
  },
);

test('a stop in the middle of a start ends it, and nothing begins behind it', async () => {
  const plantain = await build();
  const made = steps.get('createWebhookDeliverer')?.mock.results[0]?.value as { start: () => void };
  const begun = vi.spyOn(made, 'start');
  const stop: () => unknown = () => plantain.stop();
  steps.get('provideAdminKey')?.mockImplementationOnce(stop);
  await expect(plantain.start()).rejects.toThrow(/dispos|finalized|closed/i);
  expect(begun).not.toHaveBeenCalled();
  await expectNothingLeft();
});

test('a port that is taken fails the start, and the stop ends it', async () => {
  await using other = createServer();
  await new Promise<void>((resolve) => {
    other.listen(0, '127.0.0.1', resolve);
  });
  const address = other.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  const plantain = await build({ PLANTAIN_PORT: port, PLANTAIN_HOST: '127.0.0.1' });
  await expect(plantain.start()).rejects.toThrow(/EADDRINUSE/);
  await plantain.stop();
  await other[Symbol.asyncDispose]();
  await expectNothingLeft();
});
