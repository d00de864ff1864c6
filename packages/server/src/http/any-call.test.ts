import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { adminKey, rawExchange, startServer, statusPath } from './server.fixture.ts';
import { anyCharacter } from '../lib/any-character.fixture.ts';

const words = (text: string) => text.split(' ');

const call = fc.constantFrom(
  ...['', '/:', '/batch/:', '/:/images/:', '/:/images.zip', '/result', '-result'].map(
    (path) => `GET ${statusPath}${path}`,
  ),
  ...['/:', '/batch/:'].map((path) => `DELETE ${statusPath}${path}`),
  ...['/:/retry', '/:/cancel', '/batch', '/batch/:/cancel', '/status'].map(
    (path) => `POST ${statusPath}${path}`,
  ),
  ...['', '/:', '/deliveries', '/deliveries/:'].map((path) => `GET /api/webhooks${path}`),
  ...['', '/replay', '/:/rotate', '/deliveries/:/replay'].map((path) => `POST /api/webhooks${path}`),
  'PATCH /api/webhooks/:',
  'GET /api/files',
  'GET /api/files/:',
  'DELETE /api/files/:',
);

const asked = fc.constantFrom(
  ...words('ids state model created_after created_before limit cursor metadata[a] metadata[__proto__] w'),
  ...words('webhook_id task_id id key key[] __proto__ toString until wait'),
);

const value = fc.oneof(
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1e400',
    '%00',
    '%ff',
    '%',
    'null',
    'constructor',
    '[]',
    '*',
    '9'.repeat(20),
  ),
  fc.string({ unit: anyCharacter, maxLength: 10 }).map((text) => encodeURIComponent(text.toWellFormed())),
);

const member = fc.constantFrom(
  ...words('url events description enabled from to webhook_id state tasks prompt action metadata'),
  ...words('callback_url callback_events image_urls id task_id __proto__'),
);

const bodies = fc.dictionary(
  member,
  fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>('\ud800', 1e308, null, [{}], [null], { a: '\ud800' })),
  { noNullPrototype: true },
);

const header = fc.constantFrom(
  'If-None-Match: *',
  'Prefer: wait=,',
  'Last-Event-ID: -',
  'Idempotency-Key: "',
);

test('any call around tasks and webhooks, with any query and any body', async () => {
  const server = await startServer();
  const own = await server.submit({ prompt: 'x' });
  const { data } = (
    await server.post<{ data: { webhook_id: string } }>({ url: 'https://a.example/' }, '/api/webhooks')
  ).body;
  const id = fc.oneof(fc.constantFrom(own, data.webhook_id), fc.stringMatching(/^[\w%.:;*~-]{1,20}$/));
  await expect(
    fc.assert(
      fc.asyncProperty(
        call,
        id,
        fc.array(fc.tuple(asked, value), { maxLength: 3 }),
        bodies,
        header,
        async (what, which, query, body, more) => {
          // A wait for a task that waits would be long.
          const said = query.filter(([name]) => which !== own || !['wait', 'until'].includes(name));
          const target = `${what.replaceAll(':', which)}?${said.map((pair) => pair.join('=')).join('&')}`;
          const text = JSON.stringify(body);
          const answer = await rawExchange(
            server.url,
            `${target} HTTP/1.1\r\nHost: x\r\nAuthorization: ${adminKey}\r\nConnection: close\r\n${more}\r\n` +
              `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
          );
          expect(Number(answer.slice(9, 12)), `${target} ${text} ${answer}`).toBeOneOf([
            200, 304, 400, 404, 405, 409, 415,
          ]);
        },
      ),
      { numRuns: 500 },
    ),
  ).resolves.toBeUndefined();
  expect(server.log.filter(({ event }) => event === 'request_failed')).toEqual([]);
});
