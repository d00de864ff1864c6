import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readParameters } from '../queries/header-parameters.ts';
import { requestHash } from '../submit/idempotency.ts';
import { parseBody, type ParseOptions } from './parse-body.ts';
import { parseForm } from './parse-form.ts';
import { parseMultipart } from './parse-multipart.ts';

const json = (body: string | Buffer, more: Partial<ParseOptions> = {}) =>
  parseBody(Buffer.from(body), { contentType: 'application/json', ...more });
const multipart = 'multipart/form-data; boundary=x';
const formType = 'application/x-www-form-urlencoded';

test('a form is read as the standard says', () => {
  const pieces = fc.constantFrom('a', 'b=', '=', '&', '+', '%', '%4', '%41', '%zz', '%C3%A9', '%ff', '[]');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const text = parts.join('');
      const expected = new Map<string, string[]>();
      for (const [name, value] of new URLSearchParams(text)) {
        const key = name.replace(/\[\]$/, '');
        expected.set(key, [...(expected.get(key) ?? []), value]);
      }
      const fields = Object.entries(parseForm(Buffer.from(text)));
      expect(fields.map(([name, value]) => [name, [value].flat()])).toEqual([...expected]);
    }),
  );
});

test('multipart is read as it was made', () => {
  const name = fc.stringMatching(/^[\w "\\;=.-]{1,12}$/);
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom('\r\n-', '\r\n--', '\r\n--y', 'a--x', '\r\n\r\n', '-').map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(name, content), { maxLength: 8 }), (parts) => {
      const quoted = (text: string) => text.replaceAll(/["\\]/g, (sign) => `\\${sign}`);
      const body = Buffer.concat([
        ...parts.flatMap(([each, bytes]) => [
          Buffer.from(`--x\r\ncontent-disposition: form-data; name="${quoted(each)}"; filename=a\r\n\r\n`),
          bytes,
          Buffer.from('\r\n'),
        ]),
        Buffer.from('--x--'),
      ]);
      const { files } = parseMultipart(body, multipart);
      expect(files.map((file) => [file.name, Buffer.from(file.bytes)])).toEqual(
        parts.filter(([, bytes]) => bytes.length > 0),
      );
    }),
  );
});

test('multipart has what may stand around its parts, and names in every spelling', () => {
  const body = Buffer.from(
    [
      'preamble',
      '--a b',
      'Content-Disposition: FORM-DATA; name=prompt',
      'Content-Type: text/plain; charset=iso-8859-1',
      '',
      'Gr\xfcn',
      '--a b  ',
      'CONTENT-DISPOSITION : form-data ; NAME = "image[]" ; filename*=utf-8\'\'a.png',
      '',
      '1',
      '--a b',
      'Content-Disposition: attachment; name="other"',
      '',
      'of no form',
      '--a b--',
      'epilogue --a b',
    ].join('\r\n'),
    'latin1',
  );
  const { fields, files } = parseMultipart(body, 'multipart/form-data; Boundary="a b"');
  expect(fields).toEqual({ prompt: 'Grün' });
  expect(files).toEqual([{ name: 'image', bytes: Buffer.from('1'), fileName: "utf-8''a.png" }]);
});

test.each(['\r\n', '\n'])(
  'multipart has its parts where its lines end in %j, and go on in the next',
  (end) => {
    const lines = [
      '--x',
      'Content-Disposition: form-data;',
      ' name="prompt"',
      '',
      'two',
      'lines',
      '--x  ',
      'Content-Disposition: form-data; name="image";',
      '\tfilename="a.png"',
      'Content-Type: image/png',
      '',
      '\r--x \r\r',
      '--x--',
    ];
    for (const around of ['', end]) {
      const { fields, files } = parseMultipart(Buffer.from(around + lines.join(end) + around), multipart);
      expect(fields).toEqual({ prompt: `two${end}lines` });
      expect(files).toEqual([{ name: 'image', bytes: Buffer.from('\r--x \r\r'), fileName: 'a.png' }]);
    }
  },
);

test('JSON under the type of multipart is JSON where there is no boundary', () => {
  const body = Buffer.from('{"prompt":"a","image_urls":[]}');
  expect(parseBody(body, { contentType: 'multipart/form-data' }).fields).toMatchObject({ prompt: 'a' });
  expect(() => parseBody(body, { contentType: multipart })).toThrow('its last boundary is missing');
});

test.each([
  ['without a boundary', 'multipart/form-data', '--x--'],
  ['with a boundary that is too long', `multipart/form-data; boundary=${'x'.repeat(300)}`, '--x--'],
  ['that never begins', multipart, 'nothing of the kind'],
  ['that never ends', multipart, '--x\r\n\r\n\r\n'],
  ['with a head that never ends', multipart, `--x\r\nA: ${'x'.repeat(20_000)}\r\n--x--`],
  ['with too many parts', multipart, `${'--x\r\n\r\n\r\n'.repeat(201)}--x--`],
])('multipart %s is malformed', (_, contentType, body) => {
  expect(() => parseBody(Buffer.from(body), { contentType })).toThrow('The multipart body is malformed');
});

test('parameters of a header are read up to its end, whatever it is', () => {
  expect(readParameters('Form-Data; a="b;c\\"d"; A=2; e = f ;; =; g="h')).toEqual({
    value: 'form-data',
    parameters: { a: 'b;c"d', e: 'f', g: 'h' },
  });
  fc.assert(
    fc.property(fc.array(fc.constantFrom('"', ';', '=', '\\', 'a', ' ')), (signs) => {
      expect(readParameters(signs.join(''))).toHaveProperty('parameters');
    }),
  );
});

test('JSON may have a byte order mark, or be UTF-16 that says so', () => {
  const text = '{"prompt":"ü"}';
  for (const body of [`\ufeff${text}`, Buffer.from(`\ufeff${text}`, 'utf16le')])
    expect(json(body).fields).toEqual({ prompt: 'ü' });
  expect(parseBody(Buffer.from(`\ufeff ${text}`), { contentType: formType }).fields).toEqual({ prompt: 'ü' });
});

test.each([
  ['members', `{"a":[${'1,'.repeat(150_000)}1]}`, 'The body has more than 150,000 members'],
  ['levels', '{"a":'.repeat(40), 'in more than 32 levels'],
  [
    'members of one object',
    JSON.stringify({ b: { a: Object.fromEntries(numbered(10_001)) } }),
    'b.a must have',
  ],
])('JSON of too many %s is refused', (_, body, message) => {
  expect(() => json(body)).toThrow(message);
});

function numbered(count: number): [string, number][] {
  return Array.from({ length: count }, (_entry, at) => [`m${at}`, at]);
}

test('a data: URI among the links is its bytes, or what is wrong with it, in a batch too', () => {
  const uri = 'data:;base64,AQID';
  const bytes = Buffer.from([1, 2, 3]);
  const wrong = expect.objectContaining({ message: expect.stringContaining('not base64') });
  const { fields } = json(
    JSON.stringify({
      image: ` ${uri}`,
      image_urls: ['https://a.example', uri, 7, 'data:;base64,!!'],
      prompt: uri,
      tasks: [{ image_url: JSON.stringify([uri]) }, null, [uri], { image_url: 'data:;base64,AQIDBA' }],
    }),
    { maxPictureBytes: 3 },
  );
  expect(fields).toEqual({
    image: [bytes],
    image_urls: ['https://a.example', bytes, 7, wrong],
    prompt: uri,
    tasks: [
      { image_url: [bytes] },
      null,
      [uri],
      { image_url: [expect.objectContaining({ message: expect.stringContaining('more than the 3 bytes') })] },
    ],
  });
});

test('a text that is too long for any member says so in its place, and a name is cut', () => {
  const long = 'x'.repeat(2 ** 20 + 1);
  const { fields } = json(JSON.stringify({ prompt: long, metadata: { a: long }, [long]: 1 }));
  expect(fields).toEqual({
    prompt: expect.objectContaining({ message: 'has 1048577 characters, far more than are taken' }),
    metadata: { a: expect.any(Error) },
    [`${'x'.repeat(60)}…`]: 1,
  });
});

test('the hash of a request is that of what it says before anything was made of it', () => {
  const fields = { prompt: 'x', image_urls: ['data:;base64,AQID'], key: 'secret' };
  const { requestHash: hash } = json(JSON.stringify(fields), { hashFor: '/a' });
  expect(hash).toBe(requestHash('/a', { fields, files: [] }));
  expect(json('{}').requestHash).toBeUndefined();
});

test('of members that nobody reads only the names are left, in a batch too', () => {
  const wanted = new Set(['prompt', 'tasks']);
  const { fields } = json('{"prompt":"x","a":[1],"tasks":[{"b":{"prompt":1},"prompt":2},3]}', { wanted });
  expect(fields).toEqual({ prompt: 'x', a: null, tasks: [{ b: null, prompt: 2 }, 3] });
});

test('a list that is too long for any member says so in its place', () => {
  const { fields } = json(JSON.stringify({ tasks: Array(1_001).fill(1), image: Array(101).fill(1) }));
  expect(fields).toEqual({
    tasks: expect.objectContaining({ message: 'must have at most 1,000 entries' }),
    image: expect.objectContaining({ message: 'must have at most 100 entries' }),
  });
});

test('JSON that is sent under the type of a form keeps the spaces between digits of base64 as what they are', () => {
  const body = Buffer.from('{"image":"data:image/png;base64,AAEC AwQF"}');
  expect(parseBody(body, { contentType: formType }).fields).toEqual({
    image: [Buffer.from([0, 1, 2, 3, 4, 5])],
  });
});
