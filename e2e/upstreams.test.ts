import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Api, api, submitted } from './calls.ts';
import { runToEnd, startServer, temporaryDirectory } from './server-process.ts';
import { ofTestSize } from './test-size.fixture.ts';
import { limitingGemini, openAi, taskServer } from './upstream-servers.ts';

const key = 'k'.repeat(40);
const tasks = ofTestSize(2_000, 400);

test(
  `${tasks} tasks over three upstreams of which one dies, one limits and one comes back: none lost, none paid twice unsaid`,
  { timeout: 240_000 },
  async () => {
    const servers = {
      // So few that on a slow machine too enough tasks are left for the one that comes back.
      limiting: await limitingGemini(ofTestSize(30, 20)),
      dying: await openAi(),
      returning: await taskServer(),
    };
    onTestFinished(() => {
      for (const server of Object.values(servers)) server.close();
    });
    const directory = temporaryDirectory();
    const settingsFile = writeSettings(directory, servers);
    await servers.returning.die();
    const server = await startServer(directory, {
      PLANTAIN_CONFIG: settingsFile,
      PLANTAIN_ADMIN_KEY: key,
      PLANTAIN_CONCURRENCY: '64',
      PLANTAIN_RETRY_BASE_MS: '50',
    });
    const client = api(server.url, key);
    const ids = await submitAll(client);
    const servedBy = async (name: 'dying' | 'returning', least: number) => {
      while (servers[name].charged.size < least) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    await servedBy('dying', tasks * 0.15);
    await servers.dying.die();
    await servers.returning.comeBack();
    await servedBy('returning', tasks * 0.1);
    // Operations are under way: they are followed to their end once it is back, and not started anew.
    await servers.returning.die();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await servers.returning.comeBack();

    const done = await Promise.all(ids.map((id) => client.final(id)));
    const states = Object.groupBy(done, ({ state, error }) => error?.type ?? state);
    expect(Object.fromEntries(Object.entries(states).map(([state, each]) => [state, each?.length]))).toEqual({
      succeeded: tasks,
    });

    const timesCharged = (prompt: string) =>
      Object.values(servers).reduce((sum, { charged }) => sum + (charged.get(prompt) ?? 0), 0);
    for (const [number, { attempts }] of done.entries()) {
      const perhaps = attempts.filter(({ maybe_billed }) => maybe_billed === true).length;
      const times = timesCharged(`task ${number}`);
      expect(times, `task ${number}`).toBeGreaterThanOrEqual(1);
      expect(times, `task ${number}: ${JSON.stringify(attempts)}`).toBeLessThanOrEqual(1 + perhaps);
      expect(attempts.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(1);
    }
    const share = Object.groupBy(done, ({ attempts }) => attempts.at(-1)?.upstream ?? '');
    const shares = Object.entries(share).map(([name, each]) => `${name} ${each?.length}`);
    const twice = done.filter((_, number) => timesCharged(`task ${number}`) > 1).length;
    const attempts = done.reduce((sum, task) => sum + task.attempts.length, 0);
    console.log(
      `served: ${shares.join(', ')}; ${attempts} attempts; ${twice} paid twice, each said in its record`,
    );
    for (const name of Object.keys(servers)) expect(share[name]?.length).toBeGreaterThan(tasks * 0.05);

    const check = await runToEnd(['upstreams', 'check'], {
      PLANTAIN_CONFIG: settingsFile,
      PLANTAIN_DATA_DIR: directory,
    });
    expect(check.code).toBe(1);
    expect(check.stdout).toMatch(/^dying +openai +key_\w+ +upstream_unavailable/m);
    const upstreams = await upstreamsOf(server.url);
    expect(upstreams.map(({ name, in_flight }) => [name, in_flight])).toEqual([
      ['limiting', 0],
      ['dying', 0],
      ['returning', 0],
    ]);
    expect(upstreams[1]?.keys[0]?.state).toMatch(/^(circuit_open|probing)$/);
  },
);

function writeSettings(
  directory: string,
  { limiting, dying, returning }: Record<'limiting' | 'dying' | 'returning', { url: string }>,
): string {
  const file = join(directory, 'plantain.yaml');
  writeFileSync(
    file,
    `upstreams:
  limiting: { kind: gemini, key: gemini-key, base_url: ${limiting.url}, concurrency: 20 }
  dying: { kind: openai, key: openai-key, base_url: ${dying.url}, concurrency: 20 }
  returning: { kind: nano-banana, key: task-key, base_url: ${returning.url}, concurrency: 40 }
routes:
  nano-banana-2.1:
    - { upstream: limiting, weight: 1 }
    - { upstream: dying, weight: 1 }
    - { upstream: returning, weight: 1 }
`,
  );
  return file;
}

/** A hundred at a time; the prompt of each has its number. */
async function submitAll(client: Api): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < tasks) {
    const numbers = Array.from({ length: 100 }, (_, index) => ids.length + index);
    ids.push(
      ...(await Promise.all(numbers.map((number) => submitted(client, { prompt: `task ${number}` })))),
    );
  }
  return ids;
}

async function upstreamsOf(url: string) {
  const answer = await fetch(`${url}/api/admin/upstreams`, { headers: { authorization: key } });
  const { data } = (await answer.json()) as {
    data: { upstreams: { name: string; in_flight: number; keys: { state: string }[] }[] };
  };
  return data.upstreams;
}

test(
  'a server killed while its upstream works on 100 operations follows them to their end after its restart, and starts none twice',
  { timeout: 60_000 },
  async () => {
    const upstream = await taskServer(1_000);
    onTestFinished(() => upstream.close());
    const directory = temporaryDirectory();
    const settings = {
      NANO_BANANA_API_KEY: 'task-key',
      NANO_BANANA_BASE_URL: upstream.url,
      PLANTAIN_ADMIN_KEY: key,
      PLANTAIN_CONCURRENCY: '100',
    };
    const first = await startServer(directory, settings);
    const before = api(first.url, key);
    const ids = await Promise.all(
      Array.from({ length: 100 }, (_, number) => submitted(before, { prompt: `job ${number}` })),
    );
    // All are under way at once and each was asked for, so every operation is on disk at the kill.
    while (upstream.polled.size < ids.length) await new Promise((resolve) => setTimeout(resolve, 10));
    await first.end('SIGKILL');

    const second = await startServer(directory, settings);
    const after = api(second.url, key);
    const done = await Promise.all(ids.map((id) => after.final(id)));
    expect(done.map(({ state }) => state)).toEqual(ids.map(() => 'succeeded'));
    expect(done.map(({ attempts }) => attempts.map(({ outcome }) => outcome))).toEqual(
      ids.map(() => ['succeeded']),
    );
    expect([...upstream.charged.values()]).toEqual(ids.map(() => 1));
  },
);
