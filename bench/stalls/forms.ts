// Forms and multipart, from callers with a key and from strangers.

import { edit, filled, idempotent, most, send, type Sent, type StallCase, type Target } from './requests.ts';

const formType = 'application/x-www-form-urlencoded';
const form = (what: string, start: string, unit: string, end = ''): StallCase => ({
  what: `form: ${what}`,
  send: (target) => send(target, { type: formType, body: filled(start, unit, end) }),
});

export const forms: StallCase[] = [
  form('a prompt of percent signs', 'prompt=', '%41'),
  form('a prompt of broken percent signs', 'prompt=', '%'),
  form('a prompt of plus signs', 'prompt=', '+'),
  form('a prompt', 'prompt=', 'x'),
  form('fields without end', 'prompt=x', '&a=1'),
  form('metadata as JSON text', 'prompt=x&metadata=[', '{},', '{}]'),
  form('links as JSON text', 'prompt=x&image_urls=[', '{},', '{}]'),
  form('metadata as a broken JSON text', 'prompt=x&metadata=', '{"a":'),
  form('a data: URI', 'prompt=x&image_url=data:;base64,', 'QUFB'),
];

const multipartType = 'multipart/form-data; boundary=B';
const field = (name: string, more = '') =>
  `--B\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`;
const multipart = (
  what: string,
  [start, unit, end = '\r\n--B--\r\n']: [start: string, unit: string, end?: string],
  more: Partial<Sent> = {},
  size = most,
): StallCase => ({
  what: `multipart: ${what}`,
  send: (target) => send(target, { type: multipartType, body: filled(start, unit, end, size), ...more }),
});

export const multiparts: StallCase[] = [
  multipart('parts without end', ['', '--B\r\n\r\n\r\n']),
  multipart('a file', [field('image', '; filename="a.png"'), 'x'], edit),
  multipart('a file, to be repeated', [field('image', '; filename="a.png"'), 'x'], {
    ...edit,
    ...idempotent,
  }),
  multipart('a file of half boundaries', [field('image', '; filename="a.png"'), '\r\n-'], edit),
  multipart('a file of line feeds', [field('image', '; filename="a.png"'), '\r\n'], edit),
  multipart('a prompt', [field('prompt'), 'x']),
  multipart('metadata as JSON text', [`${field('metadata')}[`, '{},', '{}]\r\n--B--\r\n']),
  multipart('a header without end', ['--B\r\nX: ', 'x']),
  multipart('headers without end', ['--B\r\n', 'X: x\r\n']),
  multipart('a long boundary', [field('prompt'), '\r\n--'], {
    type: `multipart/form-data; boundary=${'-'.repeat(70)}`,
  }),
  {
    what: 'multipart: 50 bodies of 26,000 parts from strangers',
    send: (target) =>
      crowd(target, 50, { type: multipartType, key: null, body: filled('', '--B\r\n\r\n\r\n', '', 260_000) }),
  },
  {
    what: 'JSON: 50 bodies of empty objects from strangers',
    send: (target) => crowd(target, 50, { key: null, body: filled('{"a":[', '{},', '{}]}', 262_000) }),
  },
];

async function crowd(target: Target, count: number, sent: Sent): Promise<string> {
  const answers = await Promise.all(Array.from({ length: count }, () => send(target, sent)));
  return [...new Set(answers)].join(', ');
}
