// Tells by its beginning what a file is that came where a picture should be, so that people know what went wrong. Whatever
// the bytes are, each of the first 16 KiB is looked at a few times at the most.

import { Buffer } from 'node:buffer';
import { pictureStart } from '../../lib/data-uri.ts';

const maxBytes = 16_384;
/** Others of their kind are TIFFs (`bare-tiff.ts`). */
export const cameraFile = 'the raw file of a camera';

/** How files begin, as `beginsLike` takes it. */
const signatures: readonly [name: string, ...beginnings: string[]][] = [
  ['a PDF', '%PDF-'],
  ['a PostScript drawing', '%!PS', '\xc5\xd0\xd3\xc6'],
  ['a TGA picture', '\0\0\x02\0\0\0\0\0', '\0\0\n\0\0\0\0\0'],
  ['an icon (ICO)', '\0\0\x01\0', '\0\0\x02\0'],
  ['an icon (ICNS)', 'icns'],
  ['a JPEG XL', '\xff\n', '\0\0\0\fJXL '],
  ['a JPEG XR', 'II\xbc'],
  ['a JPEG 2000', '\xffO\xffQ', '\0\0\0\fjP  '],
  ['a Photoshop file', '8BPS'],
  ['a GIMP file', 'gimp xcf'],
  ['an OpenEXR picture', 'v/1\x01'],
  ['a Radiance picture', '#?RADIANCE', '#?RGBE'],
  ['a DDS texture', 'DDS '],
  ['a QOI picture', 'qoif'],
  ['a Netpbm picture', 'P1\n', 'P2\n', 'P3\n', 'P4\n', 'P5\n', 'P6\n', 'P7\n', 'P5 ', 'P6 '],
  ['a Windows metafile', '\xd7\xcd\xc6\x9a', `\x01\0\0\0${'?'.repeat(36)} EMF`],
  ['an MNG animation', '\x8aMNG\r\n'],
  ['a BPG picture', 'BPG\xfb'],
  ['a DICOM picture', `${'?'.repeat(128)}DICM`],
  [cameraFile, '????ftypcrx ', 'FUJIFILMCCD-RAW', 'IIU\0', 'IIRO', 'IIRS', 'MMOR', '\0MRM', 'FOVb'],
  ['a ZIP archive', 'PK\x03\x04', 'PK\x05\x06'],
  ['a gzip archive', '\x1f\x8b'],
  ['a film', '\0\0??ftyp', '????moov', '????mdat', '????wide', '\x1aE\xdf\xa3', 'RIFF????AVI '],
];

const saveAs = 'Save it as PNG or JPEG and send that.';
/** Advice for files that are of use once they are another one; by their names. */
const advice: Readonly<Record<string, string>> = {
  'a PDF': 'Save the page that is wanted as PNG or JPEG and send that.',
  'an SVG drawing': saveAs,
  'a PostScript drawing': saveAs,
  'a TGA picture': saveAs,
  'an icon (ICO)': saveAs,
  'an icon (ICNS)': saveAs,
  'an MNG animation': saveAs,
  'a BPG picture': saveAs,
  'a DICOM picture': saveAs,
  'a JPEG XL': saveAs,
  'a JPEG XR': saveAs,
  'a JPEG 2000': saveAs,
  'a Photoshop file': saveAs,
  'a GIMP file': saveAs,
  'an OpenEXR picture': saveAs,
  'a Radiance picture': saveAs,
  'a DDS texture': saveAs,
  'a QOI picture': saveAs,
  'a Netpbm picture': saveAs,
  'a Windows metafile': saveAs,
  [cameraFile]: 'Develop it, and send it as JPEG or PNG.',
  'a ZIP archive': 'Unpack it and send the picture that is in it.',
  'a gzip archive': 'Unpack it and send the picture that is in it.',
  'a film': 'Send one of its frames as PNG or JPEG; of a Live Photo, the picture that lies beside the film.',
};

/** A sentence, where a file of that name can be made a picture; names are those of `describeBytes`. */
export function adviceFor(name: string | undefined): string | undefined {
  return name === undefined ? undefined : advice[name];
}

/** Words for a sentence, such as `a web page (HTML)`; `undefined` for bytes of no kind that is known. */
export function describeBytes(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, maxBytes));
  const head = start.toString('latin1', 0, 132);
  const file = signatures.find(([, ...beginnings]) => beginnings.some((each) => beginsLike(head, each)));
  return file?.[0] ?? describeText(start);
}

/** Both have one character a byte; `?` in the beginning is any. */
export function beginsLike(head: string, beginning: string): boolean {
  return Array.from(beginning).every((character, at) => character === '?' || character === head[at]);
}

function describeText(start: Buffer): string | undefined {
  const { text, certain } = textOf(start);
  const content = text.trimStart();
  if (content.startsWith('<')) {
    const markup = describeMarkup(content);
    if (markup !== undefined) return markup;
  }
  if (/^(?:\{\s*["}]|\[\s*[[\]{"\d-])/.test(content)) return 'JSON';
  if (content.startsWith('data:image/') || pictureStart.test(content)) return 'a picture written as base64';
  // No text has control characters but white space.
  return certain && content !== '' && !/[^\P{Cc}\s]/u.test(content) ? 'text' : undefined;
}

/** `certain` where the bytes are nothing but text; else each byte is a character, as tags are in most encodings. */
function textOf(start: Buffer): { text: string; certain: boolean } {
  try {
    // More may come: a character that is cut off at the end is no fault.
    const text = new TextDecoder(encodingOf(start), { fatal: true }).decode(start, { stream: true });
    return { text, certain: true };
  } catch {
    return { text: start.toString('latin1'), certain: false };
  }
}

/** By the byte order mark, or by the zero beside a first `<`. */
function encodingOf(start: Buffer): string {
  const first = start.toString('latin1', 0, 2);
  if (first === '\xff\xfe' || first === '<\0') return 'utf-16le';
  return first === '\xfe\xff' || first === '\0<' ? 'utf-16be' : 'utf-8';
}

/** Elements that begin web pages, and what servers call one. */
const pageElements = /^(?:html|head|body|script|style|title|meta|link|center|div|p|h\d|pre|br)$/;

/** By the first element, or the one that the document type names. */
function describeMarkup(text: string): string | undefined {
  const name = rootOf(text)?.toLowerCase();
  if (name === undefined) return text.startsWith('<?xml') ? 'an XML document' : undefined;
  if (name === 'svg' || name.endsWith(':svg')) return 'an SVG drawing';
  return pageElements.test(name) ? 'a web page (HTML)' : 'an XML document';
}

function rootOf(text: string): string | undefined {
  for (let at = 0; at !== -1;) {
    const isComment = text.startsWith('<!--', at);
    if (!isComment && !text.startsWith('<?', at)) {
      const tag = /<(?:!doctype\s+)?([a-z][\w:.-]*)/iy;
      tag.lastIndex = at;
      return tag.exec(text)?.[1];
    }
    const end = text.indexOf(isComment ? '-->' : '>', at + 2);
    at = end === -1 ? -1 : text.indexOf('<', end);
  }
  return undefined;
}
