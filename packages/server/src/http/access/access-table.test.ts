import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  Envelope,
  NewKeyBody,
  NewKeyData,
  OwnerData,
  SubmitEnvelope,
  TaskListData,
  TasksData,
} from '@plantain/client';
import { beforeAll, expect, test } from 'vitest';
import { type Scope, scopes } from '../../core/keys/scopes.ts';
import { newTaskId } from '../../lib/ids.ts';
import { routes } from '../openapi/document.ts';
import { startServer, statusPath, type TestServer } from '../server.fixture.ts';
import { type Made, makeThing, type Named, withExamples } from './things.fixture.ts';

// Every call with every kind of key, and those that name a thing with the keys of whose it may be. What is answered is written to docs/access.md where the variable WRITE_ACCESS is set.

const page = join(import.meta.dirname, '../../../../../docs/access.md');
const keyed = Object.entries(routes).filter(([, { access }]) => access.security?.length !== 0);

let server: TestServer;
let calls = 0;
const reused: Made = new Map();
const secrets = new Map<string, string>();
beforeAll(async () => {
  // Each request comes from an address of its own, as those that fail are slowed down by it.
  server = await startServer({
    TRUSTED_PROXIES: '1',
    // Tasks that others try to cancel in vain run to the end of the file.
    CONCURRENCY: '64',
    OPERATOR_SEES: 'everything',
    ALLOWED_PRIVATE_HOSTS: '127.0.0.1:9',
  });
  const make = async (name: string, body: Partial<NewKeyBody>) => {
    const { data } = (await server.post<Envelope<NewKeyData>>({ name, ...body }, '/api/admin/keys')).body;
    secrets.set(name, data.secret);
    return data.key_id;
  };
  for (const scope of scopes) await make(scope, { scopes: [scope] });
  await make('elsewhere', { scopes: ['admin'], networks: ['192.0.2.0/24'] });
  const revoked = await make('revoked', { scopes: ['admin'] });
  await server.call(`/api/admin/keys/${revoked}`, { method: 'DELETE' });
  for (const shared of [false, true]) {
    const made = await server.post<Envelope<OwnerData>>({ name: 'Acme', shared }, '/api/admin/owners');
    const { owner_id } = made.body.data;
    // With all scopes: the table is to show that none of them opens what is another's.
    for (const name of keysOf(shared)) await make(name, { scopes: ['admin'], owner_id });
  }
  await make('another owner’s', { scopes: ['admin'] });
  secrets.set('expired', await server.newKey('plantain_of_the_table', { expiresAt: Date.now() - 1 }));
});

const keysOf = (isShared: boolean) => (isShared ? ['shared', 'sharing'] : ['own', 'beside']);

/** Status of the call to something that is not there: 401 and 403 are of the lock, whatever else is not. */
async function ask([, route]: (typeof keyed)[number], key: string | null): Promise<number> {
  const path = withExamples(route)
    .replaceAll(/\{(?:id|owner_id)\}/g, newTaskId())
    .replaceAll(/\{\w+\}/g, '1');
  return await send(route, { path }, key);
}

async function send({ method }: { method: string }, { path, body }: Named, key: string | null) {
  const stop = new AbortController();
  const answer = await fetch(server.url + path, {
    method: method.toUpperCase(),
    headers: {
      'x-forwarded-for': `198.51.${calls >> 8}.${(calls += 1) & 255}`,
      ...(key === null ? {} : { authorization: key }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body }),
    signal: stop.signal,
  });
  stop.abort();
  return answer.status;
}

/** Relations of a caller to the key whose thing a call names, in the order of the columns. */
const relations = [
  ['own', 'own', 'own'],
  ['other key’s of its owner', 'own', 'beside'],
  ['and the owner is shared', 'shared', 'sharing'],
  ['another owner’s', 'own', 'another owner’s'],
] as const;

/** Cells of a call that names a thing of a key. Each has a thing of its own unless the call only reads, as one that works may end it. */
async function askOfThings(route: (typeof keyed)[number]): Promise<string[]> {
  const cells: string[] = [];
  for (const [relation, whose, by] of relations) {
    const thing = await makeThing(server, { key: secrets.get(whose) ?? '', reused }, route);
    if (thing === null) return relations.map(() => '–');
    const status = await send(route[1], thing, secrets.get(by) ?? '');
    const isFound = status >= 200 && status < 300;
    expect(isFound ? 200 : status, `${route[0]}, ${relation}`).toBeOneOf([200, 404]);
    cells.push(isFound ? 'yes' : '404');
  }
  const [own, beside, , others] = cells;
  const isOperators = route[1].access.scope === 'admin';
  expect([own, beside, others], route[0]).toEqual(['yes', ...Array(2).fill(isOperators ? 'yes' : '404')]);
  return cells;
}

const isAdmitted = (status: number) => status !== 401 && status !== 403;

/** Status of a call without a key that may be used. Google's is 400. */
function withoutKey({ family }: (typeof keyed)[number][1]): number {
  const refusal = {
    status: 401,
    type: 'unauthenticated',
    message: '',
    requestId: '',
    details: undefined,
  } as const;
  return family?.refuse(refusal).status ?? 401;
}

test('each call takes keys with its scope and refuses all others, as the page says', async () => {
  const rows: string[] = [];
  for (const route of keyed) {
    const [id, { method, path, access }] = route;
    const cells: string[] = [];
    for (const scope of scopes) {
      const may = isAdmitted(await ask(route, secrets.get(scope) ?? ''));
      const needed: Scope | undefined = access.scope;
      expect(may, `${id} with ${scope}`).toBe(needed === undefined || scope === needed || scope === 'admin');
      cells.push(may ? 'yes' : '403');
    }
    for (const name of ['none', 'revoked', 'expired', 'elsewhere']) {
      const status = await ask(route, name === 'none' ? null : (secrets.get(name) ?? ''));
      expect(status, `${id} with ${name}`).toBe(name === 'elsewhere' ? 403 : withoutKey(route[1]));
      cells.push(String(status));
    }
    cells.push(...(await askOfThings(route)));
    rows.push(`| \`${method.toUpperCase()} ${path}\` | ${cells.join(' | ')} |`);
  }
  const heads = [
    ...scopes,
    'no key',
    'revoked',
    'expired',
    'wrong network',
    ...relations.map(([head]) => head),
  ];
  const text = `# Who may call what

Made by a test, which calls every call with a key of each scope, and with none that may be used.

The last four columns are of calls that name a task, a batch, a file, an endpoint or a delivery by its id: whose thing it may be. They are called with keys of all scopes,
and \`–\` stands for a call that names no such thing. What is another's is answered with 404, as if it never was; the keys of an owner with \`shared\` find the tasks
and batches of one another. Operators name the tasks of anybody. [Keys and owners](keys.md) has what the scopes mean.

| call | ${heads.join(' | ')} |
| --- |${heads.map(() => ' --- |').join('')}
${rows.join('\n')}
`;
  if (process.env['WRITE_ACCESS'] !== undefined) writeFileSync(page, text);
  const words = (some: string) => some.replaceAll(/[ -]+/g, ' ');
  expect(words(readFileSync(page, 'utf8'))).toBe(words(text));
});

test('a key of a shared owner finds tasks of the others by ids, beside its own and in their order, and lists its own', async () => {
  const submit = async (name: string) => {
    const sent = { method: 'POST', key: secrets.get(name) ?? '', body: '{"prompt":"a"}' };
    return (await server.call<SubmitEnvelope>(statusPath, sent)).body.data.task_id;
  };
  const [theirs, own, alien] = [await submit('shared'), await submit('sharing'), await submit('own')];
  const tasksOf = async (query: string, name: string) =>
    (
      await server.call<Envelope<TasksData & TaskListData>>(statusPath + query, {
        key: secrets.get(name) ?? '',
      })
    ).body.data;
  const ids = `?ids=${own},${alien},${theirs}`;
  const found = await tasksOf(ids, 'sharing');
  expect(found.tasks.map(({ task_id }) => task_id)).toEqual([own, theirs]);
  expect(found.unknown).toEqual([alien]);
  expect((await tasksOf(ids, 'beside')).unknown).toEqual([own, alien, theirs]);
  const listed = (await tasksOf('', 'sharing')).tasks.map(({ task_id }) => task_id);
  expect(listed).toContain(own);
  expect(listed).not.toContain(theirs);
});
