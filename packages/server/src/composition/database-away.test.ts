// A server whose database is away: at its start, and later.

import { describe, expect, test } from 'vitest';
import { newTaskId } from '../lib/ids.ts';
import { isMissing } from '../../../../e2e/needed-tool.fixture.ts';
import { command, databaseOfTest, postgresUrl } from '../store/postgres/database/store.fixture.ts';
import { openWay } from '../store/postgres/database/way.fixture.ts';
import {
  adminKey,
  refusalOf,
  startServer,
  startWaiting,
  statusPath,
  type TestServer,
} from '../http/server.fixture.ts';

const databaseEvents = ({ log }: TestServer) =>
  log.map(({ event }) => event).filter((event) => /database|failed|fault/.test(event));

const settingsOf = (url: string) => ({ DATABASE_URL: url, SINGLE_NODE: 'true' });

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))(
  'a database that is away at the start',
  () => {
    test('is waited for: calls are answered with 503, and the server begins when it comes', async () => {
      const way = await openWay(await databaseOfTest(), { isOpen: false });
      const server = await startWaiting(settingsOf(way.url));
      expect(server.sentence).toContain('can’t be reached: connect ECONNREFUSED');
      expect((await server.call('/healthz', { key: null })).status).toBe(200);
      const ready = await server.call<{ message: string }>('/readyz', { key: null });
      expect(ready.status).toBe(503);
      expect(ready.headers.get('retry-after')).toBe('5');
      expect(ready.body.message).toBe('The server waits for its database, which can’t be reached.');
      const paths = [
        `${statusPath}/n100000000000000000000000000000000`,
        '/api/admin/overview',
        '/files/n100000000000000000000000000000000/output.png?e=1&token=x',
      ];
      for (const path of paths) {
        const answer = await server.call(path);
        refusalOf(answer, 503);
        expect(answer.headers.get('retry-after'), path).toBe('5');
      }
      expect((await server.post({ prompt: 'x' }, '/v1/images/generations')).status).toBe(503);
      await way.open();
      await server.begun;
      expect((await server.call('/readyz', { key: null })).status).toBe(200);
      const id = await server.submit({ prompt: 'a banana' });
      expect((await server.final(id)).state).toBe('succeeded');
      expect(databaseEvents(server)).toEqual(['database_away', 'database_back']);
    });

    test('ends the start with a sentence where it turns out to have a newer schema', async () => {
      const url = await databaseOfTest();
      await command(url, 'UPDATE plantain_schema SET version = 1000');
      const way = await openWay(url, { isOpen: false });
      const server = await startWaiting(settingsOf(way.url));
      await way.open();
      await expect(server.begun).rejects.toThrow('written by a newer Plantain (schema 1000');
    });

    test('is not waited for where it refuses the user', async () => {
      const url = new URL(await databaseOfTest());
      url.username = 'nobody';
      const waiting = startWaiting(settingsOf(url.href));
      await expect(waiting).rejects.toThrow(/can’t be used: role "nobody" does not exist/);
    });

    test('does not keep a server from stopping', async () => {
      const way = await openWay(await databaseOfTest(), { isOpen: false });
      const server = await startWaiting(settingsOf(way.url));
      await server.stop();
      await expect(server.begun).rejects.toThrow('aborted');
    });
  },
);

describe.skipIf(isMissing('PostgreSQL', postgresUrl() !== null))('a database that goes away', () => {
  async function setUp() {
    const way = await openWay(await databaseOfTest());
    const server = await startServer(settingsOf(way.url));
    const id = await server.submit({ prompt: 'a banana' });
    await server.final(id);
    // The second query that begins behind the end is the one that has it kept in memory.
    await server.task(id);
    await server.task(id);
    return { way, server, id };
  }

  test('has calls answered with 503, but for final tasks, and heals', async () => {
    const { way, server, id } = await setUp();
    const stream = await fetch(`${server.url}${statusPath}/events`, { headers: { authorization: adminKey } });
    const events = stream.body?.pipeThrough(new TextDecoderStream()) ?? [];
    way.close();
    for (const call of [
      () => server.post({ prompt: 'a banana' }),
      () => server.call('/api/admin/overview'),
      () => server.call(`${statusPath}/${newTaskId()}`),
      () =>
        server.call(`${statusPath}/${id}`, { key: 'a key that nobody has shown before, of 40 characters' }),
    ]) {
      const answer = await call();
      refusalOf(answer, 503);
      expect(answer.headers.get('retry-after')).toBe('5');
    }
    await expect.poll(() => databaseEvents(server)).toEqual(['database_away']);
    expect((await server.task(id)).state).toBe('succeeded');
    expect((await server.call('/api/models')).status).toBe(200);
    expect((await server.call('/readyz', { key: null })).status).toBe(503);
    await way.open();
    await expect.poll(async () => (await server.call('/readyz', { key: null })).status).toBe(200);
    const next = await server.submit({ prompt: 'a banana' });
    await server.final(next);
    let sent = '';
    for await (const text of events) if ((sent += text).includes(next)) break;
    expect(sent).toContain(next);
    expect(databaseEvents(server)).toEqual(['database_away', 'database_back']);
  });

  test('without a word has calls answered within seconds', async () => {
    const { way, server, id } = await setUp();
    way.cut(true);
    const startedAt = performance.now();
    const answers = await Promise.all([
      server.post({ prompt: 'a banana' }),
      server.call(`${statusPath}/${newTaskId()}`),
      server.call('/readyz', { key: null }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(performance.now() - startedAt).toBeLessThan(9_000);
    expect((await server.task(id)).state).toBe('succeeded');
    way.cut(false);
    await expect.poll(async () => (await server.call('/readyz', { key: null })).status).toBe(200);
    expect(databaseEvents(server)).toEqual(['database_away', 'database_back']);
  });
});
