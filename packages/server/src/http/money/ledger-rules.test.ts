// The nine rules of the ledger, as docs/money.md numbers them, over HTTP on the store of the test project.

import { beforeAll, describe, expect, test } from 'vitest';
import { adminKey, statusPath } from '../server.fixture.ts';
import { type PaidServer, startPaidServer } from './money.fixture.ts';

let server: PaidServer;
beforeAll(async () => {
  server = await startPaidServer();
});

const price = 40_000;
const batch = `${statusPath}/batch`;
const budgetOf = async (key: string) =>
  (await server.call<{ data: { budget: Record<string, number> } }>('/api/me', { key })).body.data.budget;
/** Kinds of the entries of a key, with what each changes of the sums. */
const kindsOf = async (id: string) =>
  (await server.entriesOf(id)).map(({ kind, reservedDelta, spentDelta, reason }) => [
    kind,
    reservedDelta,
    spentDelta,
    reason,
  ]);
const reserved = ['reserve', price, 0, null];
const paid = ['settle', -price, price, 'cost'];
/** Limits of a key whose tasks wait until they are cancelled. */
const waiting = { limits: { running: 0 } };

/** Submits and waits for the end. */
async function ended(key: string, body: object = {}) {
  const { data } = (await server.submitWith(key, body)).body;
  return await server.finalOf(data.task_id, key);
}

describe('the ledger', () => {
  test('1. entries are only ever added, one of a kind for a task, and every stored balance is their sum', async () => {
    const { key, id } = await server.keyWith(1_000_000);
    await ended(key);
    const before = await server.entriesOf(id);
    await ended(key, { prompt: '[[fail content_rejected]]' });
    await server.submitWith(key, { tasks: [{}, {}] }, batch);
    await server.call('/api/me', { key });
    const after = await server.entriesOf(id);
    expect(after.length).toBeGreaterThan(before.length);
    expect(after.slice(0, before.length)).toEqual(before);
    expect(new Set(after.map(({ taskId, kind }) => `${taskId} ${kind}`)).size).toBe(after.length);
    expect(await server.faults()).toEqual([]);
  });

  describe('2. the reservation is a part of the transaction that accepts the task', () => {
    test('is there as soon as the submit is answered, and lives exactly as long as the task', async () => {
      const { key, id } = await server.keyWith(50_000, waiting);
      const accepted = await server.submitWith(key);
      expect(accepted.headers.get('x-plantain-cost-micro-usd')).toBe(String(price));
      expect(await kindsOf(id)).toEqual([reserved]);
      expect(await budgetOf(key)).toMatchObject({ reserved_micro_usd: price, left_micro_usd: 10_000 });
      expect((await server.submitWith(key)).status).toBe(402);
      await server.call(`${statusPath}/${accepted.body.data.task_id}`, { method: 'DELETE', key });
      await server.finalOf(accepted.body.data.task_id, key);
      expect(await budgetOf(key)).toMatchObject({ reserved_micro_usd: 0, left_micro_usd: 50_000 });
    });

    test.each([
      ['the selling price, if there is one', 'nano-banana-pro', 250_000],
      ['else the highest price of the upstreams that serve the model', 'nano-banana', 70_000],
    ])('is %s', async (_, model, sum) => {
      const { key, id } = await server.keyWith(1_000_000, waiting);
      await server.submitWith(key, { model });
      expect((await kindsOf(id))[0]).toEqual(['reserve', sum, 0, null]);
    });

    test('is refused where no price is known, by the name of the model and of the setting', async () => {
      const { key, id } = await server.keyWith(100_000);
      const refused = await server.submitWith(key, { model: 'unpriced' });
      expect(refused.status).toBe(400);
      expect(refused.text).toContain('The price of unpriced is not known');
      expect(refused.text).toContain('prices');
      expect(await kindsOf(id)).toEqual([]);
    });
  });

  test('3. settling is never refused: a cost above the balance makes it negative, and the next submit is refused', async () => {
    const { key, id } = await server.keyWith(50_000);
    await ended(key, { prompt: '[[images 3]]' });
    expect(await kindsOf(id)).toEqual([reserved, ['settle', -price, 3 * price, 'cost']]);
    expect(await budgetOf(key)).toMatchObject({ spent_micro_usd: 3 * price, left_micro_usd: -70_000 });
    expect((await server.submitWith(key)).body.error).toMatchObject({ type: 'budget_exhausted' });
  });

  test('4. an unknown outcome keeps its hold after the end of the task', async () => {
    const { key, id } = await server.keyWith(50_000);
    const task = await ended(key, { prompt: '[[fail upstream_unavailable unknown]]' });
    expect(task.cost).toEqual({
      estimated_micro_usd: price,
      reserved_micro_usd: price,
      charged_micro_usd: null,
    });
    expect(await kindsOf(id)).toEqual([reserved]);
    expect((await server.submitWith(key)).status).toBe(402);
  });

  describe('5. what brought no picture is released', () => {
    test('whether it failed or was cancelled, with an entry that says why', async () => {
      const { key, id } = await server.keyWith(price);
      const failed = await ended(key, { prompt: '[[fail content_rejected]]' });
      expect(failed.cost).toEqual({
        estimated_micro_usd: price,
        reserved_micro_usd: 0,
        charged_micro_usd: 0,
      });
      await server.send(`/api/admin/keys/${id}`, waiting, adminKey, 'PATCH');
      const { data } = (await server.submitWith(key)).body;
      await server.call(`${statusPath}/${data.task_id}/cancel`, { method: 'POST', key });
      const released = ['release', -price, 0, 'not_billed'];
      expect(await kindsOf(id)).toEqual([reserved, released, reserved, released]);
      expect(await budgetOf(key)).toMatchObject({ spent_micro_usd: 0, left_micro_usd: price });
    });

    test('and a batch is accepted whole or refused whole, with how many of it would fit', async () => {
      const { key, id } = await server.keyWith(100_000);
      const refused = await server.submitWith(key, { tasks: [{}, {}, {}] }, batch);
      expect(refused.status).toBe(402);
      expect(refused.body.error.details[0]).toMatchObject({ cost_micro_usd: 120_000, fits: 2 });
      expect(await kindsOf(id)).toEqual([]);
      expect((await server.submitWith(key, { tasks: [{}, {}] }, batch)).status).toBe(200);
    });
  });

  test('6. an edit of a budget holds at the next submit, and sets nothing back to zero', async () => {
    const { key, id } = await server.keyWith(price);
    await ended(key);
    expect((await server.submitWith(key)).status).toBe(402);
    const edit = (budget: object) => server.send(`/api/admin/keys/${id}`, { budget }, adminKey, 'PATCH');
    await edit({ period: 'month', amount_micro_usd: 2 * price });
    expect(await budgetOf(key)).toMatchObject({ spent_micro_usd: price, left_micro_usd: price });
    await ended(key);
    await edit({ period: 'total', amount_micro_usd: 2 * price });
    expect((await server.submitWith(key)).body.error.details[0]).toMatchObject({
      spent_micro_usd: 2 * price,
    });
    expect(await server.faults()).toEqual([]);
  });

  test('7. a repeated submit, a rendition, a download and a retry by the server itself never charge again', async () => {
    const { key, id } = await server.keyWith(price);
    const submit = () =>
      server.call<{ data: { task_id: string } }>(statusPath, {
        method: 'POST',
        key,
        headers: { 'content-type': 'application/json', 'idempotency-key': 'once' },
        body: JSON.stringify({ prompt: '[[fail upstream_unavailable x1]]' }),
      });
    const { task_id: task } = (await submit()).body.data;
    expect((await submit()).body.data.task_id).toBe(task);
    expect((await server.finalOf(task, key)).attempts).toHaveLength(2);
    for (const path of ['', '/images/1', '/images/1?w=64&format=webp', '/images.zip'])
      expect((await server.call(`${statusPath}/${task}${path}`, { key })).status).toBe(200);
    expect((await submit()).body.data.task_id).toBe(task);
    expect(await kindsOf(id)).toEqual([reserved, paid]);
  });

  test('9. an unknown member, an unknown period and a negative number are refused, and nothing of them is saved', async () => {
    const { key, id } = await server.keyWith(price);
    const good = { period: 'day', amount_micro_usd: 1 };
    const bad = [
      { budget: { ...good, currency: 'EUR' } },
      { budget: { ...good, period: 'week' } },
      { budget: { ...good, amount_micro_usd: -1 } },
      { budget: good, limits: { pictures: 5 } },
      { budget: good, limits: { waiting: -1 } },
      { budget: good, limit: {} },
    ];
    for (const body of bad) {
      const sent = [
        server.send(`/api/admin/keys/${id}`, body, adminKey, 'PATCH'),
        server.send('/api/admin/keys', { name: 'never made', ...body }, adminKey),
        server.send('/api/admin/owners', { name: 'never made', ...body }, adminKey),
      ];
      for (const answer of await Promise.all(sent)) expect(answer.status, JSON.stringify(body)).toBe(400);
    }
    expect(await budgetOf(key)).toMatchObject({ period: 'total', amount_micro_usd: price });
    for (const list of ['/api/admin/keys', '/api/admin/owners'])
      expect((await server.call(list)).text).not.toContain('never made');
  });
});
