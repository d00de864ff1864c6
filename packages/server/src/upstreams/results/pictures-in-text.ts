// Finds pictures in the words of an answer, where a gateway put them that has only words to give: as Markdown, as HTML, as a bare
// `data:` URI or link. Every place is found by one search over the text, so that a text of many megabytes takes milliseconds.

import { pictureStart, minPictureLength } from '../../lib/data-uri.ts';

export interface PicturesInText {
  /** In their order: `data:` URIs, and links over http or https. */
  pictures: string[];
  /** The text without them. */
  rest: string;
}

/** How many places that may be a picture are looked at. */
const maxPlaces = 200;
const maxLinkLength = 8_192;
/** From the beginning of Markdown or HTML to the link inside it, and from the link to its end. */
const maxMarkupLength = 1_000;

const pictureFile = /\.(?:png|jpe?g|jfif|webp|gif|avif|heic|heif|bmp|tiff?)\b/i;
/** A word in the address that speaks of pictures or of results, and a name at its end that a machine made. */
const pictureWord = /\b(?:images?|imgs?|pictures?|photos?|media|generated|outputs?|results?)\b/i;
const machineName = /(?<![\w-])[\w-]{16,}$/;

/** One place in the text that is a picture: what is taken, and what is taken away. */
interface Found {
  picture: string;
  start: number;
  end: number;
}

/**
 * The pictures and the rest of the text. A link without Markdown or HTML for a picture around it is only one when it looks like
 * one: its path ends in the name of a file of a picture, or in a name that a machine made. `isData`: only `data:` URIs are taken.
 */
export function takePictures(text: string, { isData = false } = {}): PicturesInText {
  const whole = text.trim();
  if (isBareBase64(whole)) return { pictures: [`data:;base64,${whole}`], rest: '' };
  const pictures: string[] = [];
  const rest: string[] = [];
  const marks = isData ? /data:image\/(?!svg)/gi : /data:image\/(?!svg)|https?:\/\//gi;
  let kept = 0;
  for (let places = 0; places < maxPlaces; places += 1) {
    const start = marks.exec(text)?.index;
    if (start === undefined) break;
    const found = pictureAt(text, start, kept);
    if (found === undefined) continue;
    pictures.push(found.picture);
    rest.push(text.slice(kept, found.start));
    kept = found.end;
    marks.lastIndex = kept;
  }
  if (pictures.length === 0) return { pictures, rest: text };
  rest.push(text.slice(kept));
  return { pictures: [...new Set(pictures)], rest: rest.join('').trim() };
}

function isBareBase64(text: string): boolean {
  return text.length >= minPictureLength && pictureStart.test(text) && text.search(/[^\w+/=\s-]/) < 0;
}

function pictureAt(text: string, start: number, from: number): Found | undefined {
  const markup = markupAround(text, start, from);
  const isData = /^data:/i.test(text.slice(start, start + 5));
  const end = isData ? endOfDataUri(text, start, markup?.close) : endOfLink(text, start);
  const picture = text.slice(start, end).trim();
  if (isData && picture.length < minPictureLength) return undefined;
  const bare = { picture, start, end };
  if (markup === undefined) return isData || looksLikePicture(picture) ? bare : undefined;
  if (!isData && !markup.isPicture && !looksLikePicture(picture)) return undefined;
  const closed = text.slice(end, end + maxMarkupLength).indexOf(markup.close);
  return closed < 0 ? bare : { picture, start: markup.start, end: end + closed + 1 };
}

/** Markdown or HTML that an address stands in; `close` is the sign that ends it. */
function markupAround(
  text: string,
  start: number,
  from: number,
): { start: number; close: string; isPicture: boolean } | undefined {
  const before = text.slice(Math.max(from, start - maxMarkupLength), start);
  const offset = start - before.length;
  if (/\]\(\s{0,9}<?$/.test(before)) {
    const open = before.lastIndexOf('[', before.lastIndexOf(']('));
    if (open < 0) return undefined;
    const isPicture = before[open - 1] === '!';
    return { start: offset + open - Number(isPicture), close: ')', isPicture };
  }
  const tag = /src\s{0,9}=\s{0,9}["']?$/i.test(before) ? before.lastIndexOf('<') : -1;
  if (tag < 0 || before.indexOf('>', tag) >= 0) return undefined;
  return { start: offset + tag, close: '>', isPicture: /^<img\b/i.test(before.slice(tag)) };
}

function endOfLink(text: string, start: number): number {
  const near = text.slice(start, start + maxLinkLength);
  const stop = near.search(/[\s<>"'`)\]}\\|^]/);
  const link = stop < 0 ? near : near.slice(0, stop);
  // The sentence goes on.
  return start + link.replace(/[.,;:!?*_]{1,9}$/, '').length;
}

/** In markup base64 may have broken lines; outside, the first sign that is none ends it. */
function endOfDataUri(text: string, start: number, close: string | undefined): number {
  const comma = text.slice(start, start + maxMarkupLength).indexOf(',');
  if (comma < 0) return endOfLink(text, start);
  const stop = close === undefined ? /[^\w+/=%-]/g : /[^\w+/=%\s-]/g;
  stop.lastIndex = start + comma + 1;
  return stop.exec(text)?.index ?? text.length;
}

function looksLikePicture(link: string): boolean {
  const url = URL.parse(link);
  if (url === null) return false;
  if (pictureFile.test(url.pathname) || pictureFile.test(url.search)) return true;
  return (
    pictureWord.test(`${url.host}${url.pathname}`) &&
    machineName.test(url.pathname) &&
    /\d/.test(url.pathname)
  );
}
