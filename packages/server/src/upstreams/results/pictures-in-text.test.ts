import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { takePictures } from './pictures-in-text.ts';
import { smallPng } from '../png.fixture.ts';

const base64 = smallPng.toString('base64');
const uri = `data:image/png;base64,${base64}`;
const link = 'https://files.example/a/b.png?token=c';
const unnamed = 'https://cdn.example/generated/0f8fad5b-d9cb-469f-a165-70867728950e';

test.each<[string, string[], string]>([
  [`![image](${uri})`, [uri], ''],
  [`Here it is:\n\n![a plantain](${uri} "A plantain")\n\nEnjoy!`, [uri], 'Here it is:\n\n\n\nEnjoy!'],
  [`![image](<${uri}>)`, [uri], ''],
  [`Look: ${uri} is yours.`, [uri], 'Look:  is yours.'],
  [`<img alt="a" src="${uri}"> Enjoy!`, [uri], 'Enjoy!'],
  [`{"image":"${uri}"}`, [uri], '{"image":""}'],
  [`![](${uri}) ![](${uri})`, [uri], ''],
  [`![image](${link})`, [link], ''],
  ['![image](https://files.example/any)', ['https://files.example/any'], ''],
  [`[Download](${link}) it.`, [link], 'it.'],
  [`See ${link}.`, [link], 'See .'],
  [unnamed, [unnamed], ''],
  [`<img src='${unnamed}'/>`, [unnamed], ''],
  [`Two: ![1](${link}) and ![2](${uri})`, [link, uri], 'Two:  and'],
  [base64, [`data:;base64,${base64}`], ''],
])('in %j there are pictures', (text, pictures, rest) => {
  expect(takePictures(text)).toEqual({ pictures, rest });
});

test.each([
  '',
  'I would rather talk about it.',
  'See https://ai.google.dev/gemini-api/docs/image-generation for more.',
  'Read [the policy](https://policies.example/generated-content/use).',
  '![image](attachment:output.png)',
  'https://',
  'Write data:image/png;base64, before it.',
  'data:text/html,<b>hello</b>',
  'iVBORw0KGgo is how a PNG begins in base64, which is a way of writing bytes as letters.',
])('in %j there is none', (text) => {
  expect(takePictures(text)).toEqual({ pictures: [], rest: text });
});

test('base64 in Markdown may have its lines broken', () => {
  const broken = `data:image/png;base64,${base64.replaceAll(/.{40}/g, '$&\r\n')}`;
  expect(takePictures(`![image](${broken}) Enjoy!`)).toEqual({ pictures: [broken], rest: 'Enjoy!' });
});

test('what is taken and what is left are parts of the text, whatever it is', () => {
  const pieces = fc.constantFrom(
    '![',
    '](',
    ')',
    '<img src="',
    '"',
    '>',
    '[',
    uri,
    link,
    'data:image/',
    ' ',
    'x',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string())), (texts) => {
      const text = texts.join('');
      const { pictures, rest } = takePictures(text);
      for (const picture of pictures) expect(text + `data:;base64,${text.trim()}`).toContain(picture);
      expect(rest.length).toBeLessThanOrEqual(text.length);
    }),
  );
});

test('a text of megabytes that looks like pictures all over is not looked through for ever', () => {
  for (const piece of ['![', '](data:image/', 'https://', 'data:image/png,', '<img src="https://a'])
    expect(takePictures(piece.repeat(1_000_000)).pictures.length).toBeLessThan(300);
  const large = `![](data:image/png;base64,${'A'.repeat(20_000_000)})`;
  expect(takePictures(large)).toMatchObject({ pictures: [large.slice(4, -1)], rest: '' });
});
