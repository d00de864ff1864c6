import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Envelope, NewKeyBody, NewKeyData } from '@plantain/client';
import { beforeAll, expect, test } from 'vitest';
import { type Scope, scopes } from '../../core/keys/scopes.ts';
import { newTaskId } from '../../lib/ids.ts';
import { routes } from '../openapi/document.ts';
import { startServer, type TestServer } from '../server.fixture.ts';

// Every call with every kind of key. What is answered is written to docs/access.md where the variable WRITE_ACCESS is set.

const page = join(import.meta.dirname, '../../../../../docs/access.md');
const keyed = Object.entries(routes).filter(([, { access }]) => access.security?.length !== 0);

let server: TestServer;
let calls = 0;
const secrets = new Map<string, string>();
beforeAll(async () => {
  // Each request comes from an address of its own, as those that fail are slowed down by it.
  server = await startServer({ TRUSTED_PROXIES: '1', OPERATOR_SEES: 'everything' });
  const make = async (name: string, body: Partial<NewKeyBody>) => {
    const headers = { 'content-type': 'application/json' };
    const sent = { method: 'POST', headers, body: JSON.stringify({ name, ...body }) };
    const { data } = (await server.call<Envelope<NewKeyData>>('/api/admin/keys', sent)).body;
    secrets.set(name, data.secret);
    return data.key_id;
  };
  for (const scope of scopes) await make(scope, { scopes: [scope] });
  await make('elsewhere', { scopes: ['admin'], networks: ['192.0.2.0/24'] });
  const revoked = await make('revoked', { scopes: ['admin'] });
  await server.call(`/api/admin/keys/${revoked}`, { method: 'DELETE' });
  secrets.set('expired', await server.newKey('plantain_of_the_table', { expiresAt: Date.now() - 1 }));
});

/** Status of the call to something that is not there: 401 and 403 are of the lock, whatever else is not. */
async function ask([, { method, path }]: (typeof keyed)[number], key: string | null): Promise<number> {
  const at = path.replaceAll(/\{(?:id|owner_id)\}/g, newTaskId()).replaceAll(/\{\w+\}/g, '1');
  const stop = new AbortController();
  const answer = await fetch(server.url + at, {
    method: method.toUpperCase(),
    headers: {
      'x-forwarded-for': `198.51.${calls >> 8}.${(calls += 1) & 255}`,
      ...(key === null ? {} : { authorization: key }),
    },
    signal: stop.signal,
  });
  stop.abort();
  return answer.status;
}

const isAdmitted = (status: number) => status !== 401 && status !== 403;

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
      expect(status, `${id} with ${name}`).toBe(name === 'elsewhere' ? 403 : 401);
      cells.push(String(status));
    }
    rows.push(`| \`${method.toUpperCase()} ${path}\` | ${cells.join(' | ')} |`);
  }
  const heads = [...scopes, 'no key', 'revoked', 'expired', 'wrong network'];
  const text = `# Who may call what

Made by a test, which calls every call with a key of each scope, and with none that may be used. What is another's is answered with 404, as if it never was; the keys of
an owner with \`shared\` find the tasks of one another. [Keys and owners](keys.md) has what the scopes mean.

| call | ${heads.join(' | ')} |
| --- |${heads.map(() => ' --- |').join('')}
${rows.join('\n')}
`;
  if (process.env['WRITE_ACCESS'] !== undefined) writeFileSync(page, text);
  const words = (some: string) => some.replaceAll(/[ -]+/g, ' ');
  expect(words(readFileSync(page, 'utf8'))).toBe(words(text));
});
