import { Buffer } from 'node:buffer';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TaskError } from '../../core/errors.ts';
import { describeBytes } from './describe-bytes.ts';
import { createInspector } from '../inspect.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const bigEndian = (text: string) => utf16(text).swap16();

test.each<[string, string | Buffer, string | undefined]>([
  ['a plain page', '<!DOCTYPE html><p>Log in', 'a web page (HTML)'],
  ['a page without a beginning', '<p>Not found', 'a web page (HTML)'],
  ['a page behind marks', '\ufeff\n<!-- <svg> --> \n<?php echo 1; ?><HTML lang="en">', 'a web page (HTML)'],
  ['a page in no UTF', latin1('<!-- \xe9\xff --><head><title>\xe9'), 'a web page (HTML)'],
  ['a page in UTF-16', utf16('\ufeff<!doctype  html>'), 'a web page (HTML)'],
  ['a page in UTF-16, big end first', bigEndian('\ufeff<html>'), 'a web page (HTML)'],
  ['a page in UTF-16 without its mark', utf16('<html>'), 'a web page (HTML)'],
  ['a page behind 10 KB of comment', `<!--${'licence '.repeat(1250)}--><html>`, 'a web page (HTML)'],
  ['a drawing', '<svg xmlns="http://www.w3.org/2000/svg"/>', 'an SVG drawing'],
  ['a drawing with a prefix', '<?xml version="1.0"?><svg:svg/>', 'an SVG drawing'],
  [
    'a drawing with all that may come first',
    '<?xml version="1.0"?>\n<?xml-stylesheet href="a.css"?>\n<!-- x -- y --><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" [ <!ENTITY a "b"> ]><svg>',
    'an SVG drawing',
  ],
  ['a drawing that passes for AVIF', '<!--ftypavif--><svg/>', 'an SVG drawing'],
  ['an answer of S3', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', 'an XML document'],
  ['a document that never gets to its element', '<?xml version="1.0"?><!-- ', 'an XML document'],
  ['an object', '\ufeff {\n "error": "no such picture"}', 'JSON'],
  ['a list', '[{"url": "https://example.com/a.png"}]', 'JSON'],
  ['an answer in words', 'Die Größe <b>fehlt</b>', 'text'],
  ['words whose last character is cut off', Buffer.from('图片生成失败').subarray(0, -1), 'text'],
  ['words in brackets', '[error] no such picture', 'text'],
  ['a heart', '<3', 'text'],
  ['base64', 'iVBORw0KGgoAAAANSUhEUg', 'a picture written as base64'],
  ['a data: URI', 'data:image/png;base64,iVBOR', 'a picture written as base64'],
  ['a bare JPEG XL', latin1('\xff\n\xfa\x1f'), 'a JPEG XL'],
  ['a JPEG XL in its box', latin1('\0\0\0\fJXL \r\n\x87\n'), 'a JPEG XL'],
  ['the raw file of a Canon', latin1('\0\0\0\x18ftypcrx \0\0\0\x01crx isom'), 'the raw file of a camera'],
  ['the raw file of a Fujifilm', 'FUJIFILMCCD-RAW 0201', 'the raw file of a camera'],
  ['the film of a Live Photo', latin1('\0\0\0\x14ftypqt  \0\0\0\0qt  '), 'a film'],
  ['an older film of QuickTime', latin1('\0\0\0\x08wide\0\x0f\x42\x40mdat'), 'a film'],
  ['an icon', latin1('\0\0\x01\0\x01\0\x10\x10'), 'an icon (ICO)'],
  ['an icon of a Mac', latin1('icns\0\0\x01\0'), 'an icon (ICNS)'],
  ['a pointer', latin1('\0\0\x02\0\x01\0\x10\x10'), 'an icon (ICO)'],
  ['a TGA', latin1('\0\0\x02\0\0\0\0\0\0\0\0\0'), 'a TGA picture'],
  ['a Netpbm picture in one line', 'P6 96 64 255\n', 'a Netpbm picture'],
  ['a BPG', latin1('BPG\xfb\0'), 'a BPG picture'],
  ['an MNG', latin1('\x8aMNG\r\n\x1a\n'), 'an MNG animation'],
  ['a metafile', latin1(`\x01\0\0\0${'\0'.repeat(36)} EMF`), 'a Windows metafile'],
  ['a picture of a hospital', latin1(`${'\0'.repeat(128)}DICM`), 'a DICOM picture'],
  ['a JPEG XR', latin1('II\xbc\x01\x20\0\0\0'), 'a JPEG XR'],
  ['a Photoshop file', latin1('8BPS\0\x01\0\0'), 'a Photoshop file'],
  ['a film', latin1('\0\0\0\x18ftypisom\0\0\0\0'), 'a film'],
  ['a film of Matroska', latin1('\x1aE\xdf\xa3\x01\0'), 'a film'],
  ['a gzip archive', latin1('\x1f\x8b\x08\0'), 'a gzip archive'],
  ['bytes of no kind', latin1('\x01\x02\xfe\xff'), undefined],
  ['nothing', '', undefined],
])('%s is told by name', (_, content, name) => {
  expect(describeBytes(Buffer.from(content as string))).toBe(name);
});

test('what repeats the pieces of a page without end is looked at once', () => {
  for (const piece of [
    '<!---->',
    '<!--',
    '-->',
    '<?',
    '<?xml>',
    '<',
    '<!doctype ',
    ' ',
    '\ufeff',
    '{ ',
    '[ ',
  ])
    for (const encode of [Buffer.from, utf16])
      // With an expression that tries each way to split the pieces, the first of them took hours.
      expect(describeBytes(encode(`${piece.repeat(200_000)}x`))).not.toBe('a web page (HTML)');
});

test('any bytes get a name or none', () => {
  const piece = fc.constantFrom(
    '<!--',
    '-->',
    '<?xml',
    '?>',
    '<svg',
    '<html',
    '<!doctype ',
    '\ufeff',
    ' ',
    '{"',
    '\0',
  );
  const bytes = fc.oneof(
    fc.array(piece).map((pieces) => Buffer.from(pieces.join(''))),
    fc.array(piece).map((pieces) => utf16(pieces.join(''))),
    fc.uint8Array(),
  );
  fc.assert(
    fc.property(bytes, (each) => {
      expect(typeof describeBytes(each)).toMatch(/^(?:string|undefined)$/);
    }),
  );
});

test.each([
  ['a web page (HTML)', '<html>'],
  ['an empty file', ''],
  ['a file of 2000 bytes', Buffer.alloc(2000)],
  ['a PNG that is damaged or cut off', latin1('\x89PNG\r\n\x1a\n')],
  ['bytes of no known kind', '\x01\x02'],
  ['a HEIC that is damaged or cut off', latin1('\0\0\0\x18ftypheic\0\0\0\0heicmif1')],
])('a picture that is refused says that %s came', async (whatCame, content) => {
  const inspect = createInspector({ maxBytes: 1999, maxPixels: 1000 });
  const error: unknown = await inspect(Buffer.from(content as string)).catch((reason: unknown) => reason);
  expect((error as TaskError).failure).toMatchObject({ type: 'input_unreachable', whatCame });
});

test.each([
  ['%PDF-1.7', /it is a PDF\. Save the page that is wanted as PNG or JPEG/],
  ['<svg/>', /it is an SVG drawing\. Save it as PNG or JPEG/],
  ['\0\0\0\x14ftypqt  \0\0\0\0qt  ', /it is a film\. Send one of its frames.*Live Photo/],
  ['FUJIFILMCCD-RAW 0201', /it is the raw file of a camera\. Develop it/],
  ['hello', /it is text\. Send PNG, JPEG, WebP, GIF, AVIF, HEIC, TIFF or BMP\.$/],
])('whoever sends %j is told what to do', async (content, message) => {
  const inspect = createInspector({ maxBytes: 1999, maxPixels: 1000 });
  await expect(inspect(latin1(content))).rejects.toThrow(message);
});
