import { expect, onTestFinished, test, vi } from 'vitest';
import { createLocalChanges } from './core/tasks/changes.ts';
import { createServerClock } from './server-clock.ts';
import { startServer, statusPath, temporaryDirectory } from './http/server.fixture.ts';
import { newTask } from './store/conformance/store.fixture.ts';
import { isOnPostgres, openTestStore } from './store/test-store.fixture.ts';

const hour = 3_600_000;
const year = 365 * 24 * hour;
const today = Date.UTC(2026, 10, 29);

async function setUp({ machine: at, stored }: { machine: number; stored: number }) {
  const machine = { wall: at, elapsed: 500.25 };
  const lines: { event: string; fields: Record<string, unknown> }[] = [];
  const pulled: number[] = [];
  const server = createServerClock((event, fields) => void lines.push({ event, fields: { ...fields } }), {
    machine: () => machine.wall,
    elapsed: () => machine.elapsed,
  });
  const pass = (ms: number) => {
    machine.wall += ms;
    machine.elapsed += ms;
  };
  await server.beginWith({
    latestTime: async () => stored,
    async pullBack(now) {
      pulled.push(now);
      return 1;
    },
  });
  return { ...server, machine, pass, lines, pulled };
}

test('what is stored is believed up to an hour ahead, and told from a minute on', async () => {
  const near = await setUp({ machine: today, stored: today + 5_000 });
  expect(near.clock.now()).toBe(today + 5_000);
  expect(near.lines).toEqual([]);
  const far = await setUp({ machine: today, stored: today + hour / 2 });
  expect(far.clock.now()).toBe(today + hour / 2);
  expect(far.lines).toMatchObject([{ event: 'clock_behind', fields: { behindSeconds: 1_800 } }]);
});

test('what is stored years ahead is not, and what waits there is taken out of it once', async () => {
  const { clock, pullBack, pulled, lines } = await setUp({ machine: today, stored: today + 10 * year });
  expect(clock.now()).toBe(today);
  await pullBack();
  await new Promise(setImmediate);
  await pullBack();
  expect(pulled).toEqual([today]);
  expect(lines).toMatchObject([{ event: 'clock_behind', fields: { behindSeconds: (10 * year) / 1000 } }]);
  expect(lines[0]?.fields['error']).toMatch(/set it right.*look at them\.$/);
});

test('a machine that has yet to ask for the time begins with what is stored', async () => {
  const { clock, machine, pass, pulled, lines } = await setUp({ machine: 0, stored: today });
  expect(clock.now()).toBe(today);
  pass(10_000);
  expect(clock.now()).toBe(today + 10_000);
  machine.wall = today + hour;
  expect(clock.now()).toBe(today + hour);
  await new Promise(setImmediate);
  expect([lines, pulled]).toEqual([[], []]);
});

test('a server whose newest tasks are ten years ahead lives today, and runs and ends them', async () => {
  const directory = temporaryDirectory();
  const ahead = Date.now() + 10 * year;
  const store = openTestStore({ directory, changes: createLocalChanges() });
  const madeThen = (prompt: string) => {
    const task = newTask({ createdAt: ahead, deadlineAt: ahead + 900_000, keyId: 'key_of_then' });
    return { ...task, request: { ...task.request, prompt } };
  };
  const [waits, runs] = [madeThen('waits'), madeThen('runs')];
  await store.insert([runs, waits]);
  await store.takeDue({
    needs: [{ model: 'nano-banana', inputs: 0, limit: 1 }],
    now: ahead,
    leaseMs: 15_000,
  });
  await store.close();

  for (const start of ['first', 'second']) {
    const server = await startServer({}, { directory });
    const within = (seconds: number) => Math.abs(seconds - Date.now() / 1000) < 60;
    const key = await server.newKey(`plantain_of_this_day_${start}`, { expiresAt: Date.now() + hour });
    expect((await server.call('/api/me', { key })).status).toBe(200);
    const made = await server.final(await server.submit({ prompt: 'today' }));
    expect(within(Number(made.create_time))).toBe(true);
    const link = new URL(made.data.images[0]?.url ?? '');
    expect(within(Number(link.searchParams.get('e')) - 5 * 24 * 3600)).toBe(true);
    expect((await fetch(link)).status).toBe(200);
    expect(server.log.filter(({ event }) => event === 'clock_behind')).toHaveLength(
      start === 'first' ? 1 : 0,
    );
    await server.stop();
  }

  const after = openTestStore({ directory, changes: createLocalChanges() });
  for (const { id } of [waits, runs]) {
    const task = await after.find(id);
    expect(task?.state).toBe('succeeded');
    expect(Math.abs((task?.finishedAt ?? 0) - Date.now())).toBeLessThan(5 * 60_000);
  }
  await after.close();
});

// On PostgreSQL a server has the time of its database.
test.skipIf(isOnPostgres)(
  'a server whose machine jumps ten years ahead and back goes on as before',
  async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    onTestFinished(() => void vi.useRealTimers());
    const server = await startServer({ RETRY_BASE_MS: '600000', RETRY_MAX_MS: '600000' });
    const real = Date.now();
    vi.setSystemTime(real + 10 * year);
    const then = await server.submit({ prompt: '[[fail upstream_unavailable x1]]' });
    await server.until(then, ({ state, attempts }) => state === 'pending' && attempts.length === 1);
    vi.setSystemTime(real + 1_000);
    expect((await server.final(then)).state).toBe('succeeded');
    const now = await server.final(await server.submit({ prompt: 'back again' }));
    expect(Math.abs(Number(now.create_time) - real / 1000)).toBeLessThan(600);
    expect(server.log.filter(({ event }) => event === 'clock_behind')).toHaveLength(1);
    expect((await server.call(`${statusPath}/${then}`)).status).toBe(200);
  },
);
