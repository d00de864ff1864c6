import type {
  AdminUsageData,
  Envelope,
  ErrorEnvelope,
  KeyData,
  OwnerData,
  UsageData,
} from '@plantain/client';
import { beforeAll, describe, expect, test } from 'vitest';
import { dayMs, dayOf, dayText } from '../../../lib/time/days.ts';
import { adminKey, refusalOf, startServer, statusPath, type TestServer } from '../../server.fixture.ts';

let server: TestServer;
let owner: OwnerData;
const [first, second] = ['plantain_first_key_of_the_owner', 'plantain_second_key_of_the_owner'];
const json = { 'content-type': 'application/json' };
const days = [dayText(dayOf(Date.now() - dayMs)), dayText(dayOf(Date.now() + dayMs))] as const;
const around = `from=${days[0]}&to=${days[1]}`;

const usage = async (query = '', key = adminKey) =>
  (await server.call<Envelope<UsageData>>(`/api/usage?${around}${query}`, { key })).body.data;
const allUsage = async (query = '') =>
  (await server.call<Envelope<AdminUsageData>>(`/api/admin/usage?${around}${query}`)).body.data;

async function run(key: string, prompt: string, model = 'nano-banana'): Promise<void> {
  const call = { method: 'POST', key, headers: json, body: JSON.stringify({ prompt, model }) };
  const { body } = await server.call<Envelope<{ task_id: string }>>(statusPath, call);
  await server.call(`${statusPath}/${body.data.task_id}?until=final`, { key });
}

beforeAll(async () => {
  server = await startServer();
  const made = await server.call<Envelope<OwnerData>>('/api/admin/owners', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ name: '=HYPERLINK("http://a.example")', shared: true }),
  });
  owner = made.body.data;
  await server.newKey(first, { ownerId: owner.owner_id, name: '@first' });
  await server.newKey(second, { ownerId: owner.owner_id, name: 'second, "the"' });
  await run(first, 'a banana');
  await run(first, '[[fail content_rejected]]');
  await run(second, 'a banana', 'nano-banana-2');
});

describe('one’s own usage', () => {
  test('is that of the key alone, also where its owner shares tasks', async () => {
    expect(await usage('', first)).toMatchObject({
      from: days[0],
      to: days[1],
      rows: [{ submitted: 2, succeeded: 1, failed: 1, cancelled: 0, pictures: 1 }],
      total: { submitted: 2, pictures: 1 },
    });
    expect((await usage('', second)).total).toMatchObject({ submitted: 1 });
    expect(await usage()).toMatchObject({ rows: [], total: { submitted: 0, charged_micro_usd: 0 } });
  });

  test('is told apart by day and model, and does not say what upstreams cost', async () => {
    const { rows } = await usage('&by=model,day', first);
    expect(rows).toEqual([
      {
        model: 'nano-banana',
        day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
        submitted: 2,
        succeeded: 1,
        failed: 1,
        cancelled: 0,
        pictures: 1,
        charged_micro_usd: expect.any(Number),
        reserved_micro_usd: 0,
      },
    ]);
  });

  test('is that of the last thirty days where none are named, and of none that others see', async () => {
    const { body } = await server.call<Envelope<UsageData>>('/api/usage', { key: first });
    expect(Date.parse(body.data.to) - Date.parse(body.data.from)).toBe(29 * dayMs);
    expect(body.data.total.submitted).toBe(2);
    const seconds = Math.floor((Date.now() - 9 * dayMs) / 1000);
    const past = await server.call<Envelope<UsageData>>(`/api/usage?from=0&to=${seconds}`, { key: first });
    expect(past.body.data).toMatchObject({ from: '1970-01-01', rows: [] });
    expect((await server.call('/api/usage', { key: null })).status).toBe(401);
  });
});

describe('all usage', () => {
  test('is told apart by owners and keys, with their names and what upstreams cost', async () => {
    const { rows, total } = await allUsage('&by=owner,key');
    expect(rows).toHaveLength(2);
    for (const row of rows)
      expect(row).toMatchObject({
        owner_id: owner.owner_id,
        owner_name: owner.name,
        cost_micro_usd: expect.any(Number),
      });
    expect(new Map(rows.map(({ key_name: name, submitted }) => [name, submitted]))).toEqual(
      new Map([
        ['@first', 2],
        ['second, "the"', 1],
      ]),
    );
    expect(total).toMatchObject({ submitted: 3, succeeded: 2, pictures: 2 });
  });

  test('is that of an owner, a key, a model or an upstream where it is asked for', async () => {
    const { body } = await server.call<Envelope<KeyData>>('/api/me', { key: second });
    const submitted = async (query: string) => (await allUsage(query)).total.submitted;
    expect(await submitted(`&owner=${owner.owner_id}`)).toBe(3);
    expect(await submitted(`&key=${body.data.key_id}`)).toBe(1);
    expect(await submitted('&model=nano-banana')).toBe(2);
    expect(await submitted('&upstream=sandbox')).toBe(3);
    expect(await submitted('&owner=own_none')).toBe(0);
  });

  test('needs an admin key', async () => {
    expect((await server.call('/api/admin/usage', { key: first })).status).toBe(403);
  });
});

test('a file of CSV has a line for each row, and no formula', async () => {
  const answer = await server.call(`/api/admin/usage?${around}&by=owner,key,model&format=csv`);
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  expect(answer.headers.get('content-disposition')).toBe(
    `attachment; filename="usage-${days[0]}-${days[1]}.csv"`,
  );
  const [names, ...lines] = answer.text.split('\r\n');
  expect(names).toBe(
    'owner_id,owner_name,key_id,key_name,model,submitted,succeeded,failed,cancelled,pictures,charged_micro_usd,reserved_micro_usd,cost_micro_usd',
  );
  expect(lines.pop()).toBe('');
  expect(lines).toHaveLength(2);
  for (const line of lines)
    expect(line).toMatch(
      /^own_[^,]+,"'=HYPERLINK\(""http:\/\/a\.example""\)",key_[^,]+,('@first|"second, ""the"""),nano-banana(-2)?(,\d+){8}$/,
    );
  const own = await server.call(`/api/usage?${around}&format=csv&by=day`, { key: first });
  expect(own.text).toMatch(/^day,submitted,[\w,]+\r\n\d{4}-\d\d-\d\d,2,1,1,0,1(,\d+){2}\r\n$/);
});

test.each([
  ['from=yesterday', 'from', /a day, as 2026-11-30, or a Unix time/],
  ['from=2026-02-30', 'from', /a day/],
  ['to=-1', 'to', /a day/],
  ['from=2026-11-30&to=2026-11-01', 'to', /must not be before from/],
  ['by=owner', 'by', /some of day, model, each once/],
  ['by=day,day', 'by', /each once/],
  ['by=', 'by', /some of/],
  ['format=xml', 'format', /json or csv/],
  ['owner=own_x', 'owner', /is not known here/],
])('%s is refused by its name', async (query, path, message) => {
  const answer = await server.call<ErrorEnvelope>(`/api/usage?${query}`);
  expect(refusalOf(answer, 400).error.details).toEqual([{ path, message: expect.stringMatching(message) }]);
});
