// JSON bodies of submits and batches, as large as one connection can send.

import { edit, filled, idempotent, send, type Sent, type StallCase, submitPath } from './requests.ts';

const json = (
  what: string,
  start: string,
  unit: string,
  end: string,
  more: Partial<Sent> = {},
): StallCase => ({
  what: `JSON: ${what}`,
  send: (target) => send(target, { body: filled(start, unit, end), ...more }),
});

const batchPath = { path: `${submitPath}/batch` };

export const jsonCases: StallCase[] = [
  json('empty objects', '{"prompt":"x","a":[', '{},', '{}]}'),
  json('numbers', '{"prompt":"x","a":[', '1,', '1]}'),
  json('one number', '{"prompt":"x","seed":1', '1', '}'),
  json('white space', '{"prompt":"x"', ' ', '}'),
  json('deep arrays', '{"prompt":"x","a":', '[', '}'),
  json('one prompt', '{"prompt":"', 'x', '"}'),
  json('one prompt that is not Latin', '{"prompt":"图', 'x', '"}'),
  json('one prompt of escapes', '{"prompt":"', '\\u0041', '"}'),
  json('one prompt of quotes', '{"prompt":"', '\\"', '"}'),
  json('one prompt, to be repeated', '{"prompt":"', 'x', '"}', idempotent),
  json('an unknown member', '{"prompt":"x","b":"', 'x', '"}'),
  json('a member of 64 MiB that is no list', '{"prompt":"x","image_urls":"', ' ', '"}'),
  json('the same member again and again', '{"prompt":"x"', ',"a":1', '}'),
  json('short strings', '{"prompt":"x","a":[', `"${'x'.repeat(1000)}",`, '1]}'),
  {
    what: 'JSON: metadata of a million members',
    send: (target) =>
      send(target, {
        body: Buffer.from(
          `{"prompt":"x","metadata":{${Array.from({ length: 1_000_000 }, (_, at) => `"m${at}":"x"`).join(',')}}}`,
        ),
      }),
  },
  {
    what: 'JSON: metadata of 99,000 members',
    send: (target) =>
      send(target, {
        body: Buffer.from(
          `{"prompt":"x","metadata":{${Array.from({ length: 99_000 }, (_, at) => `"m${at}":"x"`).join(',')}}}`,
        ),
      }),
  },
  json('metadata of one large value', '{"prompt":"x","metadata":{"a":"', 'x', '"}}'),
  json('metadata as JSON text in JSON', '{"prompt":"x","metadata":"[', '{},', '{}]"}'),
  json('a data: URI', '{"prompt":"x","image_urls":["data:image/png;base64,', 'iVBORw0KGgo', '"]}', edit),
  json(
    'a data: URI in an escaped spelling',
    '{"prompt":"x","image_urls":["data:image/png;base64,',
    '\\/',
    '"]}',
    edit,
  ),
  json('a data: URI of white space', '{"prompt":"x","image_urls":["data:image/png;base64,', ' ', '"]}', edit),
  json('a data: URI of percent signs', '{"prompt":"x","image_urls":["data:image/png,', '%41', '"]}', edit),
  json('a data: URI of =', '{"prompt":"x","image_urls":["data:;base64,', '=', '"]}', edit),
  json(
    'data: URIs of 600 KB',
    '{"prompt":"x","image_urls":["',
    `data:;base64,${'QUFB'.repeat(150_000)}","`,
    '"]}',
    edit,
  ),
  json('a data: URI, to be repeated', '{"prompt":"x","image_urls":["data:;base64,', 'QUFB', '"]}', {
    ...edit,
    ...idempotent,
  }),
  json('not UTF-8', '{"prompt":"', 'x', '\ud800"}'),
];

export const batches: StallCase[] = [
  {
    what: 'batch: a thousand long prompts',
    send: (target) =>
      send(target, {
        ...batchPath,
        body: Buffer.from(
          JSON.stringify({ tasks: Array.from({ length: 1_000 }, () => ({ prompt: 'a, b '.repeat(6_400) })) }),
        ),
      }),
  },
  {
    what: 'batch: a thousand long prompts, to be repeated',
    send: (target) =>
      send(target, {
        ...batchPath,
        headers: ['Idempotency-Key: stalls-batch'],
        body: Buffer.from(
          JSON.stringify({ tasks: Array.from({ length: 1_000 }, () => ({ prompt: '图'.repeat(20_000) })) }),
        ),
      }),
  },
  {
    what: 'batch: a thousand tasks that share fourteen long links',
    send: (target) =>
      send(target, {
        ...batchPath,
        body: Buffer.from(
          JSON.stringify({
            prompt: 'x',
            image_urls: Array.from({ length: 14 }, (_, at) => `http://192.0.2.1/${at}/${'x'.repeat(8_000)}`),
            tasks: Array.from({ length: 1_000 }, () => ({})),
          }),
        ),
      }),
  },
  {
    what: 'batch: a thousand tasks with fourteen long links each',
    send: (target) =>
      send(target, {
        ...batchPath,
        body: Buffer.from(
          JSON.stringify({
            prompt: 'x',
            tasks: Array.from({ length: 1_000 }, (_task, task) => ({
              image_urls: Array.from(
                { length: 14 },
                (_, at) => `http://192.0.2.1/${task}/${at}/${'x'.repeat(4_500)}`,
              ),
            })),
          }),
        ),
      }),
  },
  {
    what: 'batch: a thousand tasks that share much metadata',
    send: (target) =>
      send(target, {
        ...batchPath,
        body: Buffer.from(
          JSON.stringify({
            prompt: 'x'.repeat(32_000),
            metadata: Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`m${at}`, 'x'.repeat(512)])),
            tasks: Array.from({ length: 1_000 }, () => ({})),
          }),
        ),
      }),
  },
  {
    what: 'batch: a thousand tasks that share many unknown members',
    send: (target) =>
      send(target, {
        ...batchPath,
        body: Buffer.from(
          JSON.stringify({
            prompt: 'x',
            ...Object.fromEntries(Array.from({ length: 9_000 }, (_, at) => [`m${at}`, 1])),
            tasks: Array.from({ length: 1_000 }, () => ({})),
          }),
        ),
      }),
  },
  json('a batch of long strings', '{"tasks":[', `{"prompt":"${'x'.repeat(65_000)}"},`, '{}]}', batchPath),
];
