import { expect, test } from 'vitest';
import { startServer, temporaryDirectory } from './server-process.ts';
import { ofTestSize } from './test-size.fixture.ts';

const key = 'k'.repeat(40);
const path = '/api/gemini/nano-banana';
const connections = 50;
const kills = ofTestSize(8, 4);

test(
  'a submit repeated from 50 connections at once, through kills in the middle, is one task with one answer',
  { timeout: 240_000 },
  async () => {
    const directory = temporaryDirectory();
    const settings = { PLANTAIN_ADMIN_KEY: key, PLANTAIN_SANDBOX_DURATION_MS: '0' };
    const answers = new Map<string, Set<string>>();

    /** The id in the answer, or `null` where the connection broke or nothing came. */
    async function send(url: string, name: string): Promise<string | null> {
      try {
        const response = await fetch(url + path, {
          method: 'POST',
          headers: { Authorization: key, 'Idempotency-Key': name, 'Content-Type': 'application/json' },
          body: JSON.stringify({ prompt: 'once', metadata: { name } }),
          // An answer that never comes is to be told from a slow machine.
          signal: AbortSignal.timeout(60_000),
        });
        const { data } = (await response.json()) as { data: { task_id: string } };
        answers.set(name, (answers.get(name) ?? new Set()).add(data.task_id));
        return data.task_id;
      } catch {
        return null;
      }
    }
    const flood = (url: string, name: string) => Array.from({ length: connections }, () => send(url, name));

    const names = Array.from({ length: kills }, (_, number) => `order-${number}`);
    for (const name of names) {
      const server = await startServer(directory, settings);
      const sent = flood(server.url, name);
      // Each round is cut at another moment: before the first answer, right behind it, and later.
      for (let turn = 0; turn < names.indexOf(name) * 4; turn += 1)
        await new Promise((resolve) => setImmediate(resolve));
      if (names.indexOf(name) % 2 === 1) await Promise.race(sent);
      await server.end('SIGKILL');
      await Promise.all(sent);
    }

    const last = await startServer(directory, settings);
    for (const name of names) {
      expect(await Promise.all(flood(last.url, name))).not.toContain(null);
      expect(answers.get(name)?.size, name).toBe(1);
      const list = await fetch(`${last.url}${path}?metadata[name]=${name}`, {
        headers: { Authorization: key },
      });
      const { data } = (await list.json()) as { data: { tasks: { task_id: string }[] } };
      expect(data.tasks.map(({ task_id: id }) => id)).toEqual([...(answers.get(name) ?? [])]);
    }
    await last.end('SIGTERM');
  },
);
